package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// eachMode runs a test on the clusters of one compute mode.
func eachMode(t *testing.T, mode config.ComputeMode, test func(t *testing.T, e *config.Environment, s *template, cluster *resource)) {
	t.Helper()
	found := 0
	eachCluster(t, func(t *testing.T, e *config.Environment, s *template, cluster *resource) {
		if e.Compute.Mode == mode {
			found++
			test(t, e, s, cluster)
		}
	})
	require.Positive(t, found, "no variant has compute mode %s", mode)
}

// addons are the add-ons of a cluster by name.
func addons(s *template) map[string]*resource {
	found := map[string]*resource{}
	for _, addon := range s.all("AWS::EKS::Addon") {
		found[addon.get("AddonName").(string)] = addon
	}
	return found
}

// Auto Mode is all of compute, volumes and load balancers, or EKS refuses it.
func TestAutoModeIsWhole(t *testing.T) {
	eachMode(t, config.ComputeAuto, func(t *testing.T, _ *config.Environment, s *template, cluster *resource) {
		require.Equal(t, true, cluster.get("ComputeConfig", "Enabled"))
		require.Equal(t, true, cluster.get("StorageConfig", "BlockStorage", "Enabled"))
		require.Equal(t, true, cluster.get("KubernetesNetworkConfig", "ElasticLoadBalancing", "Enabled"))
		require.ElementsMatch(t, []string{"system", "general-purpose"}, texts(cluster.get("ComputeConfig", "NodePools")))
		require.Empty(t, s.all("AWS::EKS::Nodegroup"))
		require.Len(t, addons(s), 1, "Auto Mode brings the others itself")
		require.Contains(t, addons(s), "metrics-server")

		role := s.at(t, "AWS::IAM::Role", "Cluster/NodeRole")
		require.True(t, refersTo(cluster.get("ComputeConfig", "NodeRoleArn"), role))
		require.Equal(t, []string{"AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodeMinimalPolicy"}, s.managedPolicies(role))
		require.Empty(t, s.permissions(role))
	})
}

// Auto Mode's nodes accept NetworkPolicies and ignore them, unless this ConfigMap says otherwise.
func TestAutoModeEnforcesNetworkPolicies(t *testing.T) {
	eachMode(t, config.ComputeAuto, func(t *testing.T, _ *config.Environment, s *template, _ *resource) {
		object := kubernetesObject(t, s, s.one(t, manifestKind))
		require.Equal(t, map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": map[string]any{"name": "amazon-vpc-cni", "namespace": "kube-system"},
			"data":     map[string]any{"enable-network-policy-controller": "true"},
		}, object)
	})
}

func TestNodeGroupsHaveTheirAddons(t *testing.T) {
	eachMode(t, config.ComputeNodeGroups, func(t *testing.T, e *config.Environment, s *template, cluster *resource) {
		require.Equal(t, false, cluster.get("ComputeConfig", "Enabled"))
		require.Len(t, s.all("AWS::EKS::Nodegroup"), len(e.Compute.NodeGroups))
		var names []string
		for name := range addons(s) {
			names = append(names, name)
		}
		require.ElementsMatch(t, []string{"vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns", "aws-ebs-csi-driver", "metrics-server"}, names)
		var settings map[string]string
		s.object(t, addons(s)["vpc-cni"].get("ConfigurationValues"), &settings)
		require.Equal(t, map[string]string{"enableNetworkPolicy": "true"}, settings, "NetworkPolicies are enforced")
	})
}

// Without the first three no node becomes ready, or its first pods start
// without credentials; the others are pods, which wait for a node.
func TestAddonsComeInOrder(t *testing.T) {
	eachMode(t, config.ComputeNodeGroups, func(t *testing.T, _ *config.Environment, s *template, _ *resource) {
		for _, group := range s.all("AWS::EKS::Nodegroup") {
			for _, name := range []string{"vpc-cni", "kube-proxy", "eks-pod-identity-agent"} {
				s.requireBefore(t, addons(s)[name], group)
			}
			for _, name := range []string{"coredns", "aws-ebs-csi-driver", "metrics-server"} {
				s.requireBefore(t, group, addons(s)[name])
			}
		}
	})
}

// EKS installs nothing that no stack owns, and an add-on takes over what it finds.
func TestAddonsAreOwned(t *testing.T) {
	eachCluster(t, func(t *testing.T, _ *config.Environment, s *template, cluster *resource) {
		require.Equal(t, false, cluster.get("BootstrapSelfManagedAddons"))
		for name, addon := range addons(s) {
			require.Equal(t, "OVERWRITE", addon.get("ResolveConflicts"), name)
			require.NotEqual(t, true, addon.get("PreserveOnDelete"), name)
		}
	})
}

// An update of the control plane moves neither add-ons nor node groups: each
// has a version of its own that changes with the cluster's.
func TestAddonsAndNodesFollowTheCluster(t *testing.T) {
	eachCluster(t, func(t *testing.T, _ *config.Environment, s *template, cluster *resource) {
		for name, addon := range addons(s) {
			version := s.at(t, "Custom::AddonVersion", "Cluster/AddonVersion-"+name)
			require.Equal(t, "${"+version.path+".Version}", s.render(addon.get("AddonVersion")))
			require.Equal(t, cluster.get("Version"), version.get("KubernetesVersion"))
			require.Equal(t, name, version.get("AddonName"))
			s.requireBefore(t, cluster, addon)
		}
		for _, group := range s.all("AWS::EKS::Nodegroup") {
			require.Equal(t, cluster.get("Version"), group.get("Version"), group.path)
			require.Equal(t, false, group.get("ForceUpdateEnabled"), "%s: disruption budgets hold", group.path)
			s.requireBefore(t, cluster, group)
		}
	})
}

// The driver's pods have the role, not every pod of the node.
func TestVolumesDriverHasPodIdentity(t *testing.T) {
	eachMode(t, config.ComputeNodeGroups, func(t *testing.T, _ *config.Environment, s *template, _ *resource) {
		role := s.at(t, "AWS::IAM::Role", "Cluster/VolumesRole")
		identities := list(addons(s)["aws-ebs-csi-driver"].get("PodIdentityAssociations"))
		require.Len(t, identities, 1)
		require.Equal(t, "ebs-csi-controller-sa", dig(identities[0], "ServiceAccount"))
		require.True(t, refersTo(dig(identities[0], "RoleArn"), role))
		require.Equal(t, []string{"service-role/AmazonEBSCSIDriverPolicy"}, s.managedPolicies(role))
	})
}

// launchTemplate is the launch template of a node group.
func launchTemplate(t *testing.T, s *template, group *resource) *resource {
	t.Helper()
	ids := references(group.get("LaunchTemplate", "Id"))
	require.Len(t, ids, 1)
	return s.byID(t, ids[0])
}

// With a hop limit of 1, the answer with the node's credentials does not reach a pod.
func TestPodsCannotTakeTheNodesCredentials(t *testing.T) {
	eachMode(t, config.ComputeNodeGroups, func(t *testing.T, _ *config.Environment, s *template, _ *resource) {
		for _, group := range s.all("AWS::EKS::Nodegroup") {
			options := launchTemplate(t, s, group).get("LaunchTemplateData", "MetadataOptions")
			require.Equal(t, "required", dig(options, "HttpTokens"), group.path)
			require.EqualValues(t, 1, dig(options, "HttpPutResponseHopLimit"), group.path)
			require.NotEqual(t, "disabled", dig(options, "HttpEndpoint"), group.path)
		}
	})
}

func TestNodeVolumesAreEncrypted(t *testing.T) {
	eachMode(t, config.ComputeNodeGroups, func(t *testing.T, e *config.Environment, s *template, _ *resource) {
		for i, settings := range e.Compute.NodeGroups {
			group := s.at(t, "AWS::EKS::Nodegroup", "Cluster/NodeGroups/"+settings.Name)
			devices := list(launchTemplate(t, s, group).get("LaunchTemplateData", "BlockDeviceMappings"))
			require.Len(t, devices, 1)
			device := map[config.AMIFamily]string{config.AMIAmazonLinux2023: "/dev/xvda", config.AMIBottlerocket: "/dev/xvdb"}
			require.Equal(t, device[settings.AMI], dig(devices[0], "DeviceName"), "the volume for images and pods")
			require.Equal(t, true, dig(devices[0], "Ebs", "Encrypted"))
			require.EqualValues(t, e.Compute.NodeGroups[i].DiskGiB, dig(devices[0], "Ebs", "VolumeSize"))
		}
	})
}

// Amazon Linux 2 has had no image since Kubernetes 1.33, and the CDK still asks for it.
func TestNodesRunWhatSettingsSay(t *testing.T) {
	images := map[config.AMIFamily]map[config.Architecture]string{
		config.AMIAmazonLinux2023: {config.ArchitectureAMD64: "AL2023_x86_64_STANDARD", config.ArchitectureARM64: "AL2023_ARM_64_STANDARD"},
		config.AMIBottlerocket:    {config.ArchitectureAMD64: "BOTTLEROCKET_x86_64", config.ArchitectureARM64: "BOTTLEROCKET_ARM_64"},
	}
	eachMode(t, config.ComputeNodeGroups, func(t *testing.T, e *config.Environment, s *template, _ *resource) {
		for _, settings := range e.Compute.NodeGroups {
			group := s.at(t, "AWS::EKS::Nodegroup", "Cluster/NodeGroups/"+settings.Name)
			require.Equal(t, images[settings.AMI][settings.Architecture], group.get("AmiType"))
			require.False(t, strings.HasPrefix(group.get("AmiType").(string), "AL2_"))
			require.Equal(t, settings.InstanceTypes, texts(group.get("InstanceTypes")))
			require.Equal(t, map[bool]string{true: "SPOT", false: "ON_DEMAND"}[settings.Spot], group.get("CapacityType"))
			require.EqualValues(t, settings.Min, group.get("ScalingConfig", "MinSize"))
			require.EqualValues(t, settings.Max, group.get("ScalingConfig", "MaxSize"))
			require.EqualValues(t, settings.Desired, group.get("ScalingConfig", "DesiredSize"))
			require.Nil(t, group.get("NodegroupName"), "a name would forbid a replacement")
		}
	})
}

// Nodes are in the private subnets, nobody logs in to them by SSH, and they
// may do what a node must.
func TestNodesArePrivate(t *testing.T) {
	eachPrivate(t, func(t *testing.T, a *assembly, e *config.Environment, s *template) {
		for _, group := range s.all("AWS::EKS::Nodegroup") {
			requirePrivateSubnets(t, a, e, group.get("Subnets"))
			require.Nil(t, group.get("RemoteAccess"), group.path)
			require.Nil(t, launchTemplate(t, s, group).get("LaunchTemplateData", "KeyName"), group.path)
			role := s.byID(t, references(group.get("NodeRole"))[0])
			require.Empty(t, s.permissions(role))
			require.True(t, slices.Equal([]string{"AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy"}, s.managedPolicies(role)))
		}
	})
}
