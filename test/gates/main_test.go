package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/all"
	"gitops-eks/test/gates/gate"
	"gitops-eks/test/gates/gatetest"
	"gitops-eks/test/gates/suppress"
)

// No environment of the snapshots has a finding that is not accepted, and
// nothing is accepted for nothing.
func TestNoFalseAlarm(t *testing.T) {
	gates := all.Gates()
	list, err := suppress.Read(filepath.Join(gatetest.Root(), suppressions), suppressions, names(gates))
	require.NoError(t, err)
	needed := map[suppress.Use]bool{}
	for _, variant := range gatetest.Variants(t) {
		t.Run(variant, func(t *testing.T) {
			a := gatetest.Synth(t, variant)
			results, used := list.Apply(a, gate.Run(t.Context(), gate.Input{Assembly: a, Root: gatetest.Root()}, gates))
			for use := range used {
				needed[use] = true
			}
			var report bytes.Buffer
			gate.Report(&report, results, false)
			require.False(t, gate.Failed(results), report.String())
		})
	}
	require.NoError(t, list.Unused(needed))
}

func TestAFolderWithoutAnAssemblyFails(t *testing.T) {
	failed, err := run(t.Context(), new(bytes.Buffer), options{root: gatetest.Root(), assembly: t.TempDir()})
	require.True(t, failed)
	require.ErrorContains(t, err, "want a folder that cdk synth wrote")
}

func TestTheReportAsJSON(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, gate.WriteJSON(&out, []gate.Result{{Gate: "a", Err: gate.Absent{Tool: "x", Unseen: "y"}}}))
	var objects []map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &objects))
	require.Equal(t, "x is not installed: y", objects[0]["error"])
	require.Equal(t, true, objects[0]["absent"])
}
