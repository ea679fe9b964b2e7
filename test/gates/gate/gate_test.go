package gate

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/finding"
)

// saying is a gate with an answer.
func saying(name string, found []finding.Finding, err error) Gate {
	return Gate{Name: name, Run: func(context.Context, Input) ([]finding.Finding, error) { return found, err }}
}

func TestAGateThatPanicsFailsAndTheOthersGoOn(t *testing.T) {
	results := Run(t.Context(), Input{}, []Gate{
		{Name: "broken", Run: func(context.Context, Input) ([]finding.Finding, error) { panic("no map") }},
		saying("whole", []finding.Finding{{Rule: "R"}}, nil),
	})
	require.EqualError(t, results[0].Err, "the gate panicked: no map")
	require.Equal(t, []finding.Finding{{Gate: "whole", Rule: "R", Severity: finding.Error}}, results[1].Findings)
	require.True(t, Failed(results[:1]))
	require.True(t, Failed(results[1:]))
}

func TestWhatFailsARun(t *testing.T) {
	note := []finding.Finding{{Severity: finding.Note}}
	for name, test := range map[string]struct {
		result Result
		want   bool
	}{
		"nothing":          {Result{}, false},
		"a note":           {Result{Findings: note}, false},
		"an error":         {Result{Findings: []finding.Finding{{Severity: finding.Error}}}, true},
		"a suppressed one": {Result{Suppressed: []Suppressed{{Finding: finding.Finding{Severity: finding.Error}}}}, false},
		"an absent tool":   {Result{Err: Absent{Tool: "x"}}, false},
		"a failed gate":    {Result{Err: errors.New("x")}, true},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, Failed([]Result{test.result})) })
	}
}

func TestReport(t *testing.T) {
	f := finding.Finding{Gate: "guard", Rule: "R", Severity: finding.Error, Stack: "dev", LogicalID: "Id", Path: "dev/Id", Problem: "is open", Fix: "close it"}
	results := []Result{
		{Gate: "guard", Findings: []finding.Finding{f}, Suppressed: []Suppressed{{Finding: f, Reason: "It is a door."}}},
		{Gate: "nag", Err: Absent{Tool: "x", Unseen: "y is not looked at"}},
		{Gate: "iam", Err: errors.New("no node")},
	}
	var quiet, verbose bytes.Buffer
	Report(&quiet, results, false)
	require.Equal(t, `error: dev/Id (dev/Id)
    is open
    fix: close it
    [guard R]

guard         0.0 s  1 findings, 1 suppressed
nag           0.0 s  NOT COMPLETE, x is not installed: y is not looked at
iam           0.0 s  0 findings; COULD NOT LOOK: no node
`, quiet.String())
	Report(&verbose, results, true)
	require.Contains(t, verbose.String(), "suppressed: dev/Id (dev/Id)\n    is open\n    because: It is a door.\n    [guard R]\n")
	require.Equal(t, "1 findings of 3 gates in 0.0 s, 1 suppressed, 2 gates not complete", Summary(results, 0))
}
