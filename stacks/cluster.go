package stacks

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	gitops "gitops-eks/constructs"
	"gitops-eks/stacks/config"
)

// Now is the time of the synthesis. Tests set another one.
var Now = time.Now

// newCluster defines the cluster stack.
func newCluster(scope constructs.Construct, e *environment, in func(awscdk.Stack) network, paths Paths) *gitops.Cluster {
	stack := e.newStack(scope, "cluster", "EKS cluster "+e.cluster(e.Name))
	if warning := config.SupportWarning(e.KubernetesVersion, Now()); warning != "" {
		awscdk.Annotations_Of(stack).AddWarningV2(jsii.String("kubernetes-support"), jsii.String(warning))
	}
	acknowledgeAnswered(stack)
	network := in(stack)
	cluster := gitops.NewCluster(stack, "Cluster", &gitops.ClusterProps{
		Name:               e.cluster(e.Name),
		Version:            e.KubernetesVersion,
		Vpc:                network.vpc,
		Private:            network.private,
		NodeGroups:         nodeGroups(e.Compute.NodeGroups),
		PublicCIDRs:        e.Endpoint.PublicCIDRs,
		Admins:             e.Admins,
		Viewers:            e.Viewers,
		DeletionProtection: e.DeletionProtection,
		KubectlLayerZip:    paths.KubectlLayer,
		Logs:               e.logs(),
		RemovalPolicy:      removalPolicy(e.RemovalPolicy),
	})
	awscdk.NewCfnOutput(stack, jsii.String("ClusterName"), &awscdk.CfnOutputProps{Value: cluster.Cluster.ClusterName()})
	awscdk.NewCfnOutput(stack, jsii.String("UpdateKubeconfig"), &awscdk.CfnOutputProps{
		Description: jsii.String("Run as one of the environment's admins or viewers, from where the endpoint can be reached"),
		Value:       jsii.Sprintf("aws eks update-kubeconfig --name %s --region %s", e.cluster(e.Name), *stack.Region()),
	})
	return cluster
}

func nodeGroups(groups []config.NodeGroup) []gitops.NodeGroupProps {
	props := make([]gitops.NodeGroupProps, len(groups))
	for i, group := range groups {
		props[i] = gitops.NodeGroupProps{
			Name:          group.Name,
			InstanceTypes: group.InstanceTypes,
			ARM64:         group.Architecture == config.ArchitectureARM64,
			Bottlerocket:  group.AMI == config.AMIBottlerocket,
			Min:           group.Min,
			Max:           group.Max,
			Desired:       group.Desired,
			DiskGiB:       group.DiskGiB,
			Spot:          group.Spot,
		}
	}
	return props
}
