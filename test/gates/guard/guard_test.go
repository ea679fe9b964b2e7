package guard

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
	"gitops-eks/test/gates/gatetest"
)

type object = map[string]any

// faults are properties that a control does not let pass.
var faults = []struct {
	stack, kind, path string
	edit              func(properties object)
	rule, words       string
}{
	{"delivery", "AWS::S3::Bucket", "Artifacts/Bucket", func(p object) { delete(p, "PublicAccessBlockConfiguration") },
		"CT.S3.PR.1[PublicAccessBlockConfiguration is missing]", "block public access"},
	{"delivery", "AWS::KMS::Key", "delivery/Key", func(p object) { p["EnableKeyRotation"] = false },
		"CT.KMS.PR.1[EnableKeyRotation=false]", "rotation"},
	{"app-hello", "AWS::ECR::Repository", "Images", func(p object) { p["ImageTagMutability"] = "MUTABLE" },
		"CT.ECR.PR.3[ImageTagMutability=MUTABLE]", "tag immutability"},
	{"dev-cluster", "AWS::EKS::Cluster", "", func(p object) { p["ResourcesVpcConfig"].(object)["EndpointPublicAccess"] = true },
		"CT.EKS.PR.1[ResourcesVpcConfig/EndpointPublicAccess=true]", "public access disabled"},
	{"dev-cluster", "AWS::Lambda::Function", "KubectlProvider/Handler", func(p object) { delete(p, "VpcConfig") },
		"CT.LAMBDA.PR.3[VpcConfig is missing]", "Virtual Private Cloud"},
}

func TestFaultsAreFound(t *testing.T) {
	a := gatetest.Synth(t, "default")
	for _, fault := range faults {
		a = gatetest.Mutated(t, a, fault.stack, func(template object) {
			fault.edit(gatetest.Resource(t, template, fault.kind, fault.path)["Properties"].(object))
		})
	}
	found := gatetest.Run(t, New(), a)
	for _, fault := range faults {
		t.Run(fault.rule, func(t *testing.T) {
			f := named(t, found, fault.rule, fault.path)
			require.Equal(t, fault.stack, f.Stack)
			require.Equal(t, f.Path, a.Stack(f.Stack).Resources[f.LogicalID].Path)
			require.Contains(t, f.Problem, fault.words)
			require.NotEmpty(t, f.Fix)
			require.Equal(t, finding.Error, f.Severity)
		})
	}
}

func named(t *testing.T, found []finding.Finding, rule, path string) finding.Finding {
	t.Helper()
	var rules []string
	for _, f := range found {
		if f.Rule == rule && strings.Contains(f.Path, path) {
			return f
		}
		rules = append(rules, f.Path+" "+f.Rule)
	}
	require.Failf(t, "not found", "%s %s is not among %v", path, rule, rules)
	return finding.Finding{}
}

// What other stacks export and what EKS makes are no reason to complain.
func TestReferencesAreNoFindings(t *testing.T) {
	for _, f := range gatetest.Run(t, New(), gatetest.Synth(t, "default")) {
		require.NotContains(t, f.Rule, "VpcConfig/", "%s", f.Where())
	}
}

func TestAnUnknownMachineIsSaidAloud(t *testing.T) {
	_, err := binary(t.TempDir(), "plan9", "amd64")
	require.ErrorAs(t, err, new(gate.Absent))
	require.ErrorContains(t, err, "cfn-guard for plan9 on amd64 is not installed: AWS Control Tower's")
}

func TestAMissingPackageIsAnError(t *testing.T) {
	_, err := binary(filepath.Join(t.TempDir(), "none"), "linux", "amd64")
	require.ErrorContains(t, err, "run make gates, or npm ci in test/gates")
	require.NotErrorAs(t, err, new(gate.Absent))
}

// tool is a cfn-guard that does what a shell script says.
func tool(t *testing.T, script string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cfn-guard")
	require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\n"+script), 0o700))
	return file
}

func TestAToolThatFailsIsNoPass(t *testing.T) {
	_, err := ask(t.Context(), tool(t, "echo broken >&2; exit 5"), nil, nil)
	require.ErrorContains(t, err, "run cfn-guard: exit status 5\nbroken")
	_, err = ask(t.Context(), tool(t, "echo rule skipped >&2; echo '[]'"), nil, nil)
	require.ErrorContains(t, err, "cfn-guard could not evaluate everything: rule skipped")
	_, err = ask(t.Context(), tool(t, "echo no JSON; exit 19"), nil, nil)
	require.ErrorContains(t, err, "read cfn-guard's answer")
}

func TestARuleWithoutAnAnswerIsNoPass(t *testing.T) {
	_, err := findings(&assembly.Stack{ID: "dev"}, []control{{ID: "CT.X.PR.1", Rule: "x"}}, answer{})
	require.EqualError(t, err, "cfn-guard said nothing of CT.X.PR.1 in stack dev")
}

func TestOnlyTheControlsOfTheTypesAreRead(t *testing.T) {
	folder := filepath.Join(gatetest.Root(), "test", "gates", "node_modules", "@cdklabs", "cdk-validator-cfnguard")
	found, err := controls(folder, map[string]bool{"AWS::EKS::Cluster": true})
	require.NoError(t, err)
	var ids []string
	for _, c := range found {
		ids = append(ids, c.ID)
		require.FileExists(t, c.File)
		require.NotEmpty(t, c.Rule)
	}
	require.Equal(t, []string{"CT.EKS.PR.1", "CT.EKS.PR.2"}, ids)
	_, err = controls(t.TempDir(), nil)
	require.ErrorContains(t, err, "has no controls in rules/control-tower/metadata")
}
