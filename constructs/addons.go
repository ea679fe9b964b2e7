package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awseksv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// The add-ons that EKS installs. https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html
const (
	addonNetwork     = "vpc-cni"
	addonProxy       = "kube-proxy"
	addonPodIdentity = "eks-pod-identity-agent"
	addonDNS         = "coredns"
	addonVolumes     = "aws-ebs-csi-driver"
	addonMetrics     = "metrics-server"
)

// addNodeAddons adds the daemons without which a node does not become ready or
// pods start without credentials. They come before the nodes.
func addNodeAddons(scope constructs.Construct, cluster awseksv2.Cluster) []constructs.IDependable {
	network := addAddon(scope, cluster, addonNetwork)
	// Without this, NetworkPolicies are accepted and have no effect.
	network.SetConfigurationValues(jsii.String(`{"enableNetworkPolicy":"true"}`))
	return []constructs.IDependable{network, addAddon(scope, cluster, addonProxy), addAddon(scope, cluster, addonPodIdentity)}
}

// addWorkloadAddons adds what runs as ordinary pods, after the nodes. Auto Mode
// brings DNS and volumes itself, but no metrics for the autoscaler of pods.
func addWorkloadAddons(scope constructs.Construct, cluster awseksv2.Cluster, autoMode bool, nodes []constructs.IDependable) {
	addons := []awseksv2.CfnAddon{addAddon(scope, cluster, addonMetrics)}
	if !autoMode {
		volumes := addAddon(scope, cluster, addonVolumes)
		volumes.SetPodIdentityAssociations(&[]any{&awseksv2.CfnAddon_PodIdentityAssociationProperty{
			ServiceAccount: jsii.String("ebs-csi-controller-sa"),
			RoleArn:        newVolumesRole(scope).RoleArn(),
		}})
		addons = append(addons, addAddon(scope, cluster, addonDNS), volumes)
	}
	for _, addon := range addons {
		addon.Node().AddDependency(nodes...)
	}
}

// enableNetworkPolicies makes Auto Mode's nodes enforce NetworkPolicies, which
// they otherwise accept and ignore.
// https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html
func enableNetworkPolicies(scope constructs.Construct, cluster awseksv2.Cluster) {
	NewManifest(scope, "NetworkPolicies", cluster, Object{
		"apiVersion": "v1",
		"kind":       "ConfigMap",
		"metadata":   map[string]any{"name": "amazon-vpc-cni", "namespace": "kube-system"},
		"data":       map[string]any{"enable-network-policy-controller": "true"},
	})
}

// addAddon uses the resource: the L2 has neither the resolution of conflicts
// nor pod identity associations. No version: EKS takes its default for the
// cluster's version, which an upgrade of Kubernetes moves along.
func addAddon(scope constructs.Construct, cluster awseksv2.Cluster, name string) awseksv2.CfnAddon {
	return awseksv2.NewCfnAddon(scope, jsii.String("Addon-"+name), &awseksv2.CfnAddonProps{
		ClusterName:      cluster.ClusterName(),
		AddonName:        jsii.String(name),
		ResolveConflicts: jsii.String("OVERWRITE"),
	})
}

func newVolumesRole(scope constructs.Construct) awsiam.IRole {
	return awsiam.NewRole(scope, jsii.String("VolumesRole"), &awsiam.RoleProps{
		AssumedBy:       podIdentityPrincipal(),
		ManagedPolicies: &[]awsiam.IManagedPolicy{awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String("service-role/AmazonEBSCSIDriverPolicy"))},
	})
}
