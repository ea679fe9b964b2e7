package constructs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseksv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"gitops-eks/constructs/instance"
)

const (
	// templateSuffix ends the id of a node group's launch template.
	templateSuffix = "-template"
	// AL2023's image needs 20 GiB; gp3 ends at 16 TiB.
	minDiskGiB, maxDiskGiB = 20, 16384
)

// NodeGroupProps configures a managed node group of [NewCluster].
type NodeGroupProps struct {
	// Name is the construct's id and a label of the nodes. Required.
	Name string
	// InstanceTypes, all of one architecture and one accelerator, which choose the image. Required.
	InstanceTypes []string
	// ARM64 says that the instance types are Graviton.
	ARM64 bool
	// Bottlerocket instead of Amazon Linux 2023.
	Bottlerocket bool
	// Min, Max and Desired are numbers of nodes, min ≤ desired ≤ max.
	Min, Max, Desired int
	// DiskGiB is the size of the volume for images and pods, 20 to 16384. Required.
	DiskGiB int
	// Spot uses spare capacity.
	Spot bool
}

// addNodeGroups adds the node groups. They have no explicit name: CloudFormation
// replaces a node group by making the new one first, which a name would forbid.
func addNodeGroups(scope constructs.Construct, cluster awseksv2.Cluster, props *ClusterProps) []awseksv2.Nodegroup {
	groups := constructs.NewConstruct(scope, jsii.String("NodeGroups"))
	// The network add-on runs in the host's network and takes the node's role,
	// so that the first node becomes ready before any pod identity exists.
	role := newNodeRole(groups, "AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy")
	made := make([]awseksv2.Nodegroup, 0, len(props.NodeGroups))
	for i := range props.NodeGroups {
		group := &props.NodeGroups[i]
		capacity := awseksv2.CapacityType_ON_DEMAND
		if group.Spot {
			capacity = awseksv2.CapacityType_SPOT
		}
		template := group.launchTemplate(groups)
		nodes := awseksv2.NewNodegroup(groups, jsii.String(group.Name), &awseksv2.NodegroupProps{
			Cluster:              cluster,
			AmiType:              group.amiType(),
			CapacityType:         capacity,
			MinSize:              jsii.Number(group.Min),
			MaxSize:              jsii.Number(group.Max),
			DesiredSize:          jsii.Number(group.Desired),
			Subnets:              props.Private,
			NodeRole:             role,
			EnableNodeAutoRepair: jsii.Bool(true),
			// The CDK forces by default: pods would be evicted whatever their disruption budgets say.
			ForceUpdate:        jsii.Bool(false),
			Labels:             &map[string]*string{"node-group": jsii.String(group.Name)},
			LaunchTemplateSpec: &awseksv2.LaunchTemplateSpec{Id: template.LaunchTemplateId(), Version: template.LatestVersionNumber()},
		})
		resource := nodes.Node().DefaultChild().(awseksv2.CfnNodegroup)
		// Without it, nodes stay at the version that they were made with.
		// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-eks-nodegroup.html#cfn-eks-nodegroup-version
		resource.SetVersion(jsii.String(props.Version))
		// Not a property above: the CDK refuses types and images that it does not know.
		resource.SetInstanceTypes(jsii.Strings(group.InstanceTypes...))
		made = append(made, nodes)
	}
	return made
}

// launchTemplate asks for IMDSv2 with a hop limit of 1, so that pods cannot
// take the node's credentials, and for encrypted volumes.
func (p *NodeGroupProps) launchTemplate(scope constructs.Construct) awsec2.LaunchTemplate {
	device := "/dev/xvda"
	if p.Bottlerocket {
		device = "/dev/xvdb" // xvda holds Bottlerocket's own read-only system
	}
	return awsec2.NewLaunchTemplate(scope, jsii.String(p.Name+templateSuffix), &awsec2.LaunchTemplateProps{
		HttpTokens:              awsec2.LaunchTemplateHttpTokens_REQUIRED,
		HttpPutResponseHopLimit: jsii.Number(1),
		BlockDevices: &[]*awsec2.BlockDevice{{
			DeviceName: jsii.String(device),
			Volume: awsec2.BlockDeviceVolume_Ebs(jsii.Number(p.DiskGiB), &awsec2.EbsDeviceOptions{
				VolumeType: awsec2.EbsDeviceVolumeType_GP3,
				Encrypted:  jsii.Bool(true),
			}),
		}},
	})
}

// amiType is explicit: without it the CDK asks for Amazon Linux 2, which EKS
// has no image of since Kubernetes 1.33. The images with drivers are others.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html#AmazonEKS-Type-Nodegroup-amiType
func (p *NodeGroupProps) amiType() awseksv2.NodegroupAmiType {
	first, _ := instance.Parse(p.InstanceTypes[0])
	nvidia := first.Accelerator == instance.NVIDIA
	switch {
	case first.Accelerator == instance.Neuron:
		return awseksv2.NodegroupAmiType_AL2023_X86_64_NEURON
	case nvidia && p.Bottlerocket && p.ARM64:
		return awseksv2.NodegroupAmiType_BOTTLEROCKET_ARM_64_NVIDIA
	case nvidia && p.Bottlerocket:
		return awseksv2.NodegroupAmiType_BOTTLEROCKET_X86_64_NVIDIA
	case nvidia && p.ARM64:
		return awseksv2.NodegroupAmiType_AL2023_ARM_64_NVIDIA
	case nvidia:
		return awseksv2.NodegroupAmiType_AL2023_X86_64_NVIDIA
	case p.Bottlerocket && p.ARM64:
		return awseksv2.NodegroupAmiType_BOTTLEROCKET_ARM_64
	case p.Bottlerocket:
		return awseksv2.NodegroupAmiType_BOTTLEROCKET_X86_64
	case p.ARM64:
		return awseksv2.NodegroupAmiType_AL2023_ARM_64_STANDARD
	default:
		return awseksv2.NodegroupAmiType_AL2023_X86_64_STANDARD
	}
}

func (p *NodeGroupProps) validate() (problems []error) {
	if p.Name == "" {
		problems = append(problems, fmt.Errorf("a node group needs a name"))
	}
	if len(p.InstanceTypes) == 0 {
		problems = append(problems, fmt.Errorf("node group %q needs at least one instance type", p.Name))
	}
	if p.Min < 0 || p.Min > p.Desired || p.Desired > p.Max || p.Max < 1 {
		problems = append(problems, fmt.Errorf("node group %q: min ≤ desired ≤ max must hold, got %d, %d, %d", p.Name, p.Min, p.Desired, p.Max))
	}
	if p.DiskGiB < minDiskGiB || p.DiskGiB > maxDiskGiB {
		problems = append(problems, fmt.Errorf("node group %q: the disk must have %d to %d GiB, got %d", p.Name, minDiskGiB, maxDiskGiB, p.DiskGiB))
	}
	return append(problems, p.validateTypes()...)
}

// validateTypes wants one image for all types: the node group has only one.
func (p *NodeGroupProps) validateTypes() (problems []error) {
	accelerators := map[instance.Accelerator]string{}
	for _, name := range p.InstanceTypes {
		t, err := instance.Parse(name)
		if err != nil {
			problems = append(problems, fmt.Errorf("node group %q: %s: %w, want %s", p.Name, name, err, instance.Wanted))
			continue
		}
		if t.ARM64 != p.ARM64 {
			problems = append(problems, fmt.Errorf("node group %q: %s has Arm processors: %t, want what ARM64 says, %t",
				p.Name, name, t.ARM64, p.ARM64))
		}
		if t.Accelerator == instance.Neuron && p.Bottlerocket {
			problems = append(problems, fmt.Errorf("node group %q: %s needs Neuron's driver, which Bottlerocket does not have: "+
				"use Amazon Linux 2023", p.Name, name))
		}
		accelerators[t.Accelerator] = name
	}
	if len(accelerators) > 1 {
		problems = append(problems, fmt.Errorf("node group %q: its instance types need different images, got %s: make a node group for each",
			p.Name, strings.Join(slices.Sorted(maps.Values(accelerators)), ", ")))
	}
	return problems
}

// validateNames wants ids that differ; a group's launch template has one, too.
func validateNames(groups []NodeGroupProps) (problems []error) {
	taken := map[string]string{}
	for i := range groups {
		for _, id := range []string{groups[i].Name, groups[i].Name + templateSuffix} {
			if owner, again := taken[id]; again {
				problems = append(problems, fmt.Errorf("the name of the node group %q is taken by %q: rename one", groups[i].Name, owner))
				break
			}
			taken[id] = groups[i].Name
		}
	}
	return problems
}
