package test

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"
	"github.com/stretchr/testify/require"

	"gitops-eks/constructs"
)

// An accelerator needs the image with its driver; the CDK refuses some of these
// types, and chooses Amazon Linux 2 for others.
func TestNodesBootTheImageOfTheirAccelerator(t *testing.T) {
	for _, c := range []struct {
		instanceType        string
		arm64, bottlerocket bool
		want                string
	}{
		{"m7i.large", false, false, "AL2023_x86_64_STANDARD"}, {"m7g.large", true, true, "BOTTLEROCKET_ARM_64"},
		{"g5.xlarge", false, false, "AL2023_x86_64_NVIDIA"}, {"p6-b200.48xlarge", false, true, "BOTTLEROCKET_x86_64_NVIDIA"},
		{"g5g.xlarge", true, false, "AL2023_ARM_64_NVIDIA"}, {"g5g.xlarge", true, true, "BOTTLEROCKET_ARM_64_NVIDIA"},
		{"inf2.xlarge", false, false, "AL2023_x86_64_NEURON"}, {"trn1.32xlarge", false, false, "AL2023_x86_64_NEURON"},
		{"u7i-12tb.224xlarge", false, false, "AL2023_x86_64_STANDARD"},
	} {
		dir := t.TempDir()
		app := newApp(t, dir)
		stack := awscdk.NewStack(app, jsii.String("Stack"), nil)
		constructs.NewCluster(stack, "Cluster", &constructs.ClusterProps{
			Name: "a", Version: "1.36", Vpc: awsec2.NewVpc(stack, jsii.String("Vpc"), nil),
			Private:       &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS},
			Logs:          constructs.Logs{RetentionDays: 30, RemovalPolicy: awscdk.RemovalPolicy_DESTROY},
			RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
			NodeGroups: []constructs.NodeGroupProps{{
				Name: "g", InstanceTypes: []string{c.instanceType}, ARM64: c.arm64, Bottlerocket: c.bottlerocket, Min: 1, Desired: 1, Max: 2, DiskGiB: 20,
			}},
		})
		app.Synth(nil)
		group := readAssembly(t, nil, dir).stack(t, "Stack").all("AWS::EKS::Nodegroup")[0]
		require.Equal(t, c.want, group.get("AmiType"), c.instanceType)
		require.Equal(t, []any{c.instanceType}, group.get("InstanceTypes"))
	}
}
