package test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/regioninfo"
	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// What follows is what no tool that works offline knows: names that AWS takes
// or refuses at deployment. A new one is looked up in AWS's documentation and
// added here, which is the moment when a typing mistake shows.

// https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
var knownAccessPolicies = []string{
	"AmazonEKSAdminPolicy", "AmazonEKSAdminViewPolicy", "AmazonEKSClusterAdminPolicy", "AmazonEKSEditPolicy", "AmazonEKSViewPolicy",
}

// https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html
var knownAddons = []string{
	"aws-ebs-csi-driver", "aws-efs-csi-driver", "coredns", "eks-pod-identity-agent", "kube-proxy", "metrics-server", "vpc-cni",
}

// https://docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html
var knownBuildImages = map[string]string{
	"aws/codebuild/amazonlinux-x86_64-standard:5.0":  "LINUX_CONTAINER",
	"aws/codebuild/amazonlinux-aarch64-standard:3.0": "ARM_CONTAINER",
}

// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
var knownManagedPolicies = []string{
	"AmazonEC2ContainerRegistryPullOnly",
	"AmazonEC2ContainerRegistryReadOnly",
	"AmazonEKSBlockStoragePolicy",
	"AmazonEKSClusterPolicy",
	"AmazonEKSComputePolicy",
	"AmazonEKSLoadBalancingPolicy",
	"AmazonEKSNetworkingPolicy",
	"AmazonEKSWorkerNodeMinimalPolicy",
	"AmazonEKSWorkerNodePolicy",
	"AmazonEKS_CNI_Policy",
	"AmazonElasticContainerRegistryPublicReadOnly",
	"service-role/AWSLambdaBasicExecutionRole",
	"service-role/AWSLambdaVPCAccessExecutionRole",
	"service-role/AmazonEBSCSIDriverPolicy",
}

var knownPrincipals = []string{
	"codebuild.amazonaws.com", "codepipeline.amazonaws.com", "ec2.amazonaws.com", "eks.amazonaws.com", "events.amazonaws.com",
	"lambda.amazonaws.com", "logging.s3.amazonaws.com", "pods.eks.amazonaws.com", "vpc-flow-logs.amazonaws.com",
}

// https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html#AmazonEKS-Type-Nodegroup-amiType
var knownAMITypes = []string{"AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD", "BOTTLEROCKET_x86_64", "BOTTLEROCKET_ARM_64"}

// A Region that the CDK knows is one that the settings take.
func TestRegionsAreThoseOfTheCDK(t *testing.T) {
	for _, info := range *regioninfo.RegionInfo_Regions() {
		require.Contains(t, config.Regions, *info.Name())
	}
}

func TestClusterVersionsAreInTheTable(t *testing.T) {
	eachCluster(t, func(t *testing.T, _ *config.Environment, _ *template, cluster *resource) {
		require.Contains(t, config.KubernetesVersions, cluster.get("Version"))
	})
}

func TestClustersSpanZones(t *testing.T) {
	eachCluster(t, func(t *testing.T, _ *config.Environment, _ *template, cluster *resource) {
		require.GreaterOrEqual(t, len(list(cluster.get("ResourcesVpcConfig", "SubnetIds"))), 2)
	})
}

func TestAccessPoliciesExist(t *testing.T) {
	eachCluster(t, func(t *testing.T, _ *config.Environment, s *template, _ *resource) {
		for _, entry := range s.all("AWS::EKS::AccessEntry") {
			for _, policy := range list(entry.get("AccessPolicies")) {
				require.Contains(t, knownAccessPolicies, accessPolicy(s, policy), entry.path)
			}
		}
	})
}

func TestAddonsExist(t *testing.T) {
	eachCluster(t, func(t *testing.T, _ *config.Environment, s *template, _ *resource) {
		for name := range addons(s) {
			require.Contains(t, knownAddons, name)
		}
	})
}

func TestNodeGroupsAreConsistent(t *testing.T) {
	instanceType := regexp.MustCompile(`^[a-z][a-z0-9-]*[0-9][a-z0-9-]*\.(nano|micro|small|medium|large|([0-9]+)?xlarge|metal(-[0-9]+xl)?)$`)
	graviton := regexp.MustCompile(`^[a-z]+[0-9]+g`)
	eachMode(t, config.ComputeNodeGroups, func(t *testing.T, _ *config.Environment, s *template, _ *resource) {
		for _, group := range s.all("AWS::EKS::Nodegroup") {
			require.Contains(t, knownAMITypes, group.get("AmiType"), group.path)
			types := texts(group.get("InstanceTypes"))
			require.NotEmpty(t, types, group.path)
			for _, name := range types {
				require.Regexp(t, instanceType, name, group.path)
				require.Equal(t, strings.Contains(group.get("AmiType").(string), "ARM"), graviton.MatchString(name), "%s: %s", group.path, name)
			}
			least, desired, most := group.get("ScalingConfig", "MinSize").(float64), group.get("ScalingConfig", "DesiredSize").(float64), group.get("ScalingConfig", "MaxSize").(float64)
			require.True(t, 0 <= least && least <= desired && desired <= most && most >= 1, "%s: %v, %v, %v", group.path, least, desired, most)
		}
	})
}

func TestBuildImagesExist(t *testing.T) {
	eachApp(t, func(t *testing.T, _ *assembly, s *template, _ config.App) {
		for _, project := range s.all("AWS::CodeBuild::Project") {
			image := project.get("Environment", "Image").(string)
			require.Contains(t, knownBuildImages, image, project.path)
			require.Equal(t, knownBuildImages[image], project.get("Environment", "Type"), "%s: the machine is of another kind than the image", project.path)
		}
	})
}

func TestManagedPoliciesExist(t *testing.T) {
	eachRole(t, func(t *testing.T, _ *assembly, s *template, role *resource) {
		for _, name := range s.managedPolicies(role) {
			require.Contains(t, knownManagedPolicies, name, role.path)
		}
	})
}

// Anything that looks like a service principal is one, wherever it stands.
func TestServicePrincipalsExist(t *testing.T) {
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		for _, r := range s.resources {
			walk(r.body["Properties"], func(value any) {
				for _, name := range s.renderAll(dig(value, "Principal", "Service")) {
					require.Contains(t, knownPrincipals, name, r.path)
				}
			})
		}
	})
}

// CloudFormation takes any text for these; the handler fails on it an hour later.
func TestEveryJSONIsJSON(t *testing.T) {
	properties := map[string][]string{
		manifestKind: {"Manifest"}, chartKind: {"Values"}, patchKind: {"ApplyPatchJson", "RestorePatchJson"},
		"AWS::EKS::Addon": {"ConfigurationValues"}, "AWS::CodeBuild::Project": {"Source.BuildSpec"},
		"AWS::ECR::Repository": {"LifecyclePolicy.LifecyclePolicyText"},
	}
	seen := map[string]bool{}
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		for _, r := range s.resources {
			for _, property := range properties[r.kind] {
				var path []any
				for _, key := range strings.Split(property, ".") {
					path = append(path, key)
				}
				value := r.get(path...)
				if value == nil {
					continue
				}
				require.True(t, json.Valid([]byte(s.render(value))), "%s: %s is no JSON: %s", r.path, property, s.render(value))
				seen[r.kind+property] = true
			}
		}
	})
	require.Len(t, seen, 7, "a property has another name now: %v", seen)
}

// Flux 2.9 serves these; what CloudFormation applies must be among them.
func TestFluxAPIsAreServed(t *testing.T) {
	known := []string{
		"v1", "admissionregistration.k8s.io/v1", "source.toolkit.fluxcd.io/v1", "kustomize.toolkit.fluxcd.io/v1",
	}
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		for _, r := range s.all(manifestKind) {
			require.Contains(t, known, kubernetesObject(t, s, r)["apiVersion"], r.path)
		}
	})
}
