package secrets

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
	"gitops-eks/test/gates/gatetest"
)

// key has the form of an access key of AWS, and opens nothing. It is in two
// parts so that this file is no find itself.
const key = "AKIA" + "QYLPMN5HHHFPZAM2"

func TestNoFalseAlarm(t *testing.T) {
	for _, variant := range gatetest.Variants(t) {
		t.Run(variant, func(t *testing.T) {
			require.Empty(t, look(t, gatetest.Synth(t, variant).Dir, t.TempDir()))
		})
	}
}

func TestTheRepositoryIsClean(t *testing.T) {
	require.Empty(t, look(t, gatetest.Synth(t, "default").Dir, gatetest.Root()))
}

func look(t *testing.T, dir, root string) []finding.Finding {
	t.Helper()
	found, err := New().Run(t.Context(), gate.Input{Assembly: gatetest.Read(t, dir), Root: root})
	require.NoError(t, err)
	return found
}

func requireFinding(t *testing.T, found []finding.Finding, where, problem string) {
	t.Helper()
	for _, f := range found {
		require.NotContains(t, f.Problem, key, "the secret is in the report")
		if strings.Contains(f.Where(), where) && strings.Contains(f.Problem, problem) {
			require.NotEmpty(t, f.Fix)
			return
		}
	}
	require.Fail(t, "no finding at "+where+": "+problem, found)
}

func TestTemplates(t *testing.T) {
	project := func(edit func(environment map[string]any)) []finding.Finding {
		a := gatetest.Mutated(t, gatetest.Synth(t, "default"), "app-hello", func(template map[string]any) {
			edit(gatetest.Resource(t, template, "AWS::CodeBuild::Project", "")["Properties"].(map[string]any)["Environment"].(map[string]any))
		})
		return look(t, a.Dir, t.TempDir())
	}
	variable := func(name, value string) func(map[string]any) {
		return func(environment map[string]any) {
			environment["EnvironmentVariables"] = append(environment["EnvironmentVariables"].([]any), map[string]any{"Name": name, "Type": "PLAINTEXT", "Value": value})
		}
	}
	requireFinding(t, project(variable("WHO", key)), "app-hello/DeliveryBuildD765F282", "AKIA…")
	requireFinding(t, project(variable("DB_PASSWORD", "hunter2")), "app-hello/DeliveryBuildD765F282", "DB_PASSWORD")
}

func TestFiles(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "settings.env"), []byte("AWS_ACCESS_KEY_ID="+key+"\n"), 0o600))
	dir := gatetest.Synth(t, "default").Dir
	require.Empty(t, look(t, dir, root), "no checkout, no look")
	for _, arguments := range [][]string{{"init", "-q"}, {"add", "."}} {
		require.NoError(t, exec.Command("git", append([]string{"-C", root}, arguments...)...).Run())
	}
	requireFinding(t, look(t, dir, root), "settings.env:1", "AKIA…")
}
