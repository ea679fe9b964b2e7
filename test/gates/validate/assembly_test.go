package validate

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gatetest"
)

// assemblyOf is all that the resource's stack refers to, read again: the tests
// of one resource need no other change.
func assemblyOf(r *assembly.Resource) *assembly.Assembly {
	a, err := assembly.Read(filepath.Dir(r.Stack.File))
	if err != nil {
		panic(err)
	}
	return a
}

func TestMissingContext(t *testing.T) {
	a := gatetest.Synth(t, "default")
	a.Missing = []string{"availability-zones:account=1:region=eu-west-1"}
	found := look(a)
	require.Len(t, found, 1)
	require.Equal(t, "missing-context", found[0].Rule)
	require.Equal(t, "manifest.json", found[0].Where())
	require.Contains(t, found[0].Problem, "availability-zones:account=1")
}

func outputs(a *assembly.Assembly, stack string) object {
	return a.Stack(stack).Template["Outputs"].(object)
}

// weakly lets the cluster of dev read an output of its network weakly.
func weakly(t *testing.T, a *assembly.Assembly, output string) *assembly.Resource {
	t.Helper()
	cluster := resource(t, a, "dev-cluster", "AWS::EKS::Cluster", "")
	network := a.Stack("dev-network")
	outputs(a, network.ID)["Subnet"] = object{"Value": "subnet-0123456789abcdef0"}
	read := object{"StackName": network.Name, "OutputName": output}
	if network.Region != "" {
		read["Region"] = network.Region
	}
	cluster.Properties["ResourcesVpcConfig"].(object)["SubnetIds"].([]any)[0] = object{"Fn::GetStackOutput": read}
	return cluster
}

func TestOutputsAreThere(t *testing.T) {
	a := gatetest.Synth(t, "default")
	cluster := weakly(t, a, "Nothing")
	requireFinding(t, look(a), "stack-output", "dev-cluster", cluster.LogicalID, "which the stack dev-network does not have")
}

func TestReadStacksAreThere(t *testing.T) {
	a := gatetest.Synth(t, "default")
	chart := resource(t, a, "dev-gitops", "Custom::AWSCDK-EKS-HelmChart", "")
	chart.Properties["ClusterName"] = object{"Fn::GetStackOutput": object{"StackName": "platform-cluster", "OutputName": "a"}}
	requireFinding(t, look(a), "stack-output", "dev-gitops", chart.LogicalID, `"platform-cluster", which the assembly does not have`)
}

func TestReadStacksComeBefore(t *testing.T) {
	a := gatetest.Synth(t, "default")
	cluster := weakly(t, a, "Subnet")
	a.Stack("dev-cluster").DependsOn = nil
	requireFinding(t, look(a), "stack-order", "dev-cluster", cluster.LogicalID, "does not deploy that one before")
}

func TestOutputsAreReadInTheirRegion(t *testing.T) {
	a := gatetest.Synth(t, "prod-like")
	cluster := weakly(t, a, "Subnet")
	a.Stack("dev-network").Region = "eu-north-1"
	requireFinding(t, look(a), "stack-output", "dev-cluster", cluster.LogicalID, "but it is in eu-north-1")
}

func TestStacksDoNotWaitForEachOther(t *testing.T) {
	a := gatetest.Synth(t, "default")
	a.Stack("dev-network").DependsOn = []string{"dev-gitops"}
	requireFinding(t, look(a), "stack-order", "dev-network", "", "waits for itself")
}

func TestImportsAreExported(t *testing.T) {
	a := gatetest.Synth(t, "default")
	chart := resource(t, a, "dev-gitops", "Custom::AWSCDK-EKS-HelmChart", "")
	chart.Properties["ClusterName"] = object{"Fn::ImportValue": "cluster"}
	requireFinding(t, look(a), "export", "dev-gitops", chart.LogicalID, `"cluster", which no stack exports`)
	outputs(a, "dev-cluster")["ClusterName"].(object)["Export"] = object{"Name": "cluster"}
	require.Empty(t, look(a))
	outputs(a, "dev-cluster")["UpdateKubeconfig"].(object)["Export"] = object{"Name": "cluster"}
	require.Equal(t, "export", look(a)[0].Rule)
}

func TestOutputsReferToWhatIsThere(t *testing.T) {
	a := gatetest.Synth(t, "default")
	outputs(a, "dev-cluster")["ClusterName"] = object{"Value": ref("Nope")}
	requireFinding(t, look(a), "dangling-reference", "dev-cluster", "ClusterName", `"Nope"`)
	outputs(a, "dev-cluster")["ClusterName"] = object{"Description": "a cluster"}
	requireFinding(t, look(a), "output-value", "dev-cluster", "ClusterName", "no Value")
}

// One name in two stacks of one account and Region is as wrong as in one.
func TestNamesAreUnique(t *testing.T) {
	a := gatetest.Synth(t, "default")
	one := resource(t, a, "app-hello", "AWS::Logs::LogGroup", "")
	two := resource(t, a, "dev-network", "AWS::Logs::LogGroup", "")
	one.Properties["LogGroupName"], two.Properties["LogGroupName"] = "/same", "/same"
	requireFinding(t, look(a), "duplicate-name", "dev-network", two.LogicalID, "app-hello/"+one.LogicalID)
	a.Stack("dev-network").Region = "eu-west-1"
	require.Empty(t, onlyRule(look(a), "duplicate-name"))
}

func TestStackNamesAreUnique(t *testing.T) {
	a := gatetest.Synth(t, "default")
	a.Stack("dev-network").Name = a.Stack("delivery").Name
	requireFinding(t, look(a), "stack-name", "dev-network", "", "as delivery is")
}

func TestAssetsAreWhole(t *testing.T) {
	a := gatetest.Synth(t, "default")
	empty := filepath.Join(t.TempDir(), "asset.zip")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	a.Assets = append(a.Assets, assembly.Asset{Path: empty, ObjectKey: "x"}, assembly.Asset{Path: t.TempDir(), ObjectKey: "y"})
	broken := onlyRule(look(a), "asset-file")
	require.Len(t, broken, 2)
	require.Contains(t, broken[0].Problem, "empty file")
	require.Contains(t, broken[0].Path, "asset.zip")
	require.Contains(t, broken[1].Problem, "empty folder")
	require.NoError(t, os.WriteFile(empty, []byte("PK"), 0o600))
	require.Contains(t, onlyRule(look(a), "asset-file")[0].Problem, "no ZIP archive")
}

func TestAssetsAreOfTheStacksAccount(t *testing.T) {
	a := gatetest.Synth(t, "prod-like")
	f := resource(t, a, "dev-network", "AWS::Lambda::Function", "")
	f.Properties["Code"].(object)["S3Bucket"] = "cdk-hnb659fds-assets-999999999999-eu-central-1"
	requireFinding(t, look(a), "asset-bucket", "dev-network", f.LogicalID, "999999999999")
}

func onlyRule(all []finding.Finding, rule string) (found []finding.Finding) {
	for _, f := range all {
		if f.Rule == rule {
			found = append(found, f)
		}
	}
	return found
}

func TestTemplatesFitIntoCloudFormation(t *testing.T) {
	a := gatetest.Synth(t, "default")
	file := filepath.Join(t.TempDir(), "large.json")
	text, err := json.Marshal(object{"Description": string(make([]byte, maxTemplate))})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
	a.Stack("delivery").File = file
	requireFinding(t, look(a), "template-size", "delivery", "", "at most 1048576")
}
