package constructs

import (
	_ "embed"

	"github.com/aws/aws-cdk-go/awscdk/v2/awseksv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
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

// volumesAccount is the service account of the add-on for volumes, in kube-system.
const volumesAccount = "ebs-csi-controller-sa"

//go:embed handlers/addon.js
var addonHandler string

// addons adds add-ons to a cluster.
type addons struct {
	scope   constructs.Construct
	cluster awseksv2.Cluster
	// kubernetes is the version of the cluster.
	kubernetes string
	// versions answers which version of an add-on fits.
	versions handler
}

func newAddons(scope constructs.Construct, cluster awseksv2.Cluster, kubernetes string, logs awslogs.ILogGroup) *addons {
	return &addons{scope, cluster, kubernetes, newHandler(scope, "AddonVersions", &handlerProps{
		Description: "Asks EKS for the versions of add-ons that fit the cluster",
		Code:        addonHandler,
		// EKS knows no resource for this action.
		Statements: []awsiam.PolicyStatement{Allow("Ask", []string{"eks:DescribeAddonVersions"}, "*")},
		Logs:       logs,
	})}
}

// addForNodes adds the daemons without which a node does not become ready or
// pods start without credentials. They come before the nodes.
func (a *addons) addForNodes() []constructs.IDependable {
	network := a.add(addonNetwork)
	// Without this, NetworkPolicies are accepted and have no effect.
	network.SetConfigurationValues(jsii.String(`{"enableNetworkPolicy":"true"}`))
	return []constructs.IDependable{network, a.add(addonProxy), a.add(addonPodIdentity)}
}

// addWorkloads adds what runs as ordinary pods, after the nodes. Auto Mode
// brings DNS and volumes itself, but no metrics for the autoscaler of pods.
func (a *addons) addWorkloads(autoMode bool, nodes []constructs.IDependable) {
	added := []awseksv2.CfnAddon{a.add(addonMetrics)}
	if !autoMode {
		volumes := a.add(addonVolumes)
		volumes.SetPodIdentityAssociations(&[]any{&awseksv2.CfnAddon_PodIdentityAssociationProperty{
			ServiceAccount: jsii.String(volumesAccount),
			RoleArn:        newVolumesRole(a.scope, a.cluster).RoleArn(),
		}})
		added = append(added, a.add(addonDNS), volumes)
	}
	for _, addon := range added {
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

// add uses the resource: the L2 has neither the resolution of conflicts nor pod
// identity associations.
//
// An update of the cluster leaves its add-ons as they are, so that each gets
// the version that EKS names as its default for the cluster's, asked anew with
// each version of Kubernetes: a table here would rot. It refers to the cluster,
// and so is updated after it.
// https://docs.aws.amazon.com/eks/latest/userguide/updating-an-add-on.html
func (a *addons) add(name string) awseksv2.CfnAddon {
	version := a.versions.resource(a.scope, "AddonVersion-"+name, "Custom::AddonVersion", map[string]any{
		"AddonName":         name,
		"KubernetesVersion": a.kubernetes,
	})
	return awseksv2.NewCfnAddon(a.scope, jsii.String("Addon-"+name), &awseksv2.CfnAddonProps{
		ClusterName:      a.cluster.ClusterName(),
		AddonName:        jsii.String(name),
		AddonVersion:     version.GetAttString(jsii.String("Version")),
		ResolveConflicts: jsii.String("OVERWRITE"),
	})
}

func newVolumesRole(scope constructs.Construct, cluster awseksv2.ICluster) awsiam.IRole {
	return awsiam.NewRole(scope, jsii.String("VolumesRole"), &awsiam.RoleProps{
		AssumedBy:       podIdentityPrincipal(scope, cluster, "kube-system", volumesAccount),
		ManagedPolicies: &[]awsiam.IManagedPolicy{awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String("service-role/AmazonEBSCSIDriverPolicy"))},
	})
}
