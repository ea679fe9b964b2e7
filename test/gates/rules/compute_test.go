package rules

import (
	"testing"

	"gitops-eks/test/gates/assembly"
)

const (
	nodeGroup      = "AWS::EKS::Nodegroup"
	launchTemplate = "AWS::EC2::LaunchTemplate"
)

var computeFaults = []fault{
	{"nodegroup-scaling", "node-groups", nodeGroup, set("ScalingConfig.MinSize", 9.0), "MinSize 9, DesiredSize 2, MaxSize 4", ""},
	{"nodegroup-scaling", "node-groups", nodeGroup, set("ScalingConfig.DesiredSize", 5.0), "in this order", ""},
	{"nodegroup-scaling", "node-groups", nodeGroup, set("ScalingConfig", nil), "no MinSize", ""},
	{"nodegroup-instance-type", "node-groups", nodeGroup, set("InstanceTypes.0", "m7i.larg"), `no instance type "m7i.larg"`, ""},
	{"nodegroup-instance-type", "node-groups", nodeGroup, set("InstanceTypes.0", "z99.large"), `no instance type "z99.large"`, ""},
	{"nodegroup-instance-type", "node-groups", nodeGroup, set("InstanceTypes.0", "m7g.large"), "is arm64", ""},
	{"nodegroup-instance-type", "node-groups", nodeGroup, set("InstanceTypes", []any{"m7i.large", "m7g.large"}), "both architectures", ""},
	{"nodegroup-instance-type", "node-groups", nodeGroup, set("InstanceTypes.0", "t3.micro"), "no room", ""},
	{"nodegroup-instance-type", "node-groups", nodeGroup, set("InstanceTypes", nil), "is empty", ""},
	{"nodegroup-ami", "node-groups", nodeGroup, set("AmiType", "AL2_x86_64"), "no Amazon Linux 2", ""},
	{"nodegroup-ami", "node-groups", nodeGroup, set("AmiType", "AL2023_x86"), "no AmiType", ""},
	{"nodegroup-capacity", "node-groups", nodeGroup, set("CapacityType", "ONDEMAND"), `"ONDEMAND"`, ""},
	{"nodegroup-capacity", "node-groups", nodeGroup, set("UpdateConfig.MaxUnavailable", 0.0), "want 1 to 100", ""},
	{"nodegroup-taints", "node-groups", nodeGroup, set("Taints", []any{map[string]any{"Key": "a", "Effect": "NoSchedule"}}), "NoSchedule", ""},
	{"nodegroup-taints", "node-groups", nodeGroup, set("Labels", map[string]any{"kubernetes.io/role": "a"}), "reserved prefix", ""},
	{"nodegroup-untainted", "node-groups", nodeGroup, both(set("Taints", []any{map[string]any{"Key": "a", "Effect": "NO_SCHEDULE"}}), tainted), "are tainted", ""},
	{"nodegroup-template", "node-groups", nodeGroup, set("LaunchTemplate", nil), "no launch template", ""},
	{"nodegroup-template", "node-groups", nodeGroup, set("LaunchTemplate.Version", "$Default"), "want the number of a version", ""},
	{"nodegroup-template", "node-groups", nodeGroup, set("LaunchTemplate.Version", "7"), "is fixed to 7", ""},
	{"nodegroup-version", "node-groups", nodeGroup, set("Version", "1.31"), `Version is "1.31"`, ""},
	{"nodegroup-version", "node-groups", nodeGroup, set("Version", nil), "leaves the nodes behind", ""},
	{"launch-template-access", "node-groups", launchTemplate, set("LaunchTemplateData.KeyName", "laptop"), "by SSH", ""},
	{"launch-template-access", "node-groups", launchTemplate, set("LaunchTemplateData.IamInstanceProfile", map[string]any{"Name": "nodes"}), "EKS refuses it", ""},
	{"nodegroup-template", "node-groups", nodeGroup, set("DiskSize", 50.0), "DiskSize is set", ""},
	{"nodegroup-remote-access", "node-groups", nodeGroup, set("RemoteAccess", map[string]any{"Ec2SshKey": "key"}), "opens SSH", ""},
	{"nodegroup-role", "node-groups", nodeGroup, set("NodeRole", "role"), "want the ARN of a role", ""},
	{"nodegroup-repair", "node-groups", nodeGroup, set("NodeRepairConfig", nil), "broken node", ""},
	{"nodegroup-force-update", "node-groups", nodeGroup, set("ForceUpdateEnabled", true), "disruption budgets", ""},
	{"disk-encrypted", "node-groups", launchTemplate, set("LaunchTemplateData.BlockDeviceMappings.0.Ebs.Encrypted", false), "/dev/xvda is not encrypted", ""},
	{"disk-encrypted", "node-groups", launchTemplate, set("LaunchTemplateData.BlockDeviceMappings", nil), "names no disk", ""},
	{"disk-encrypted", "node-groups", launchTemplate, set("LaunchTemplateData.BlockDeviceMappings.0.Ebs.VolumeSize", 1.0), "want 20 to 16384", ""},
	{"disk-encrypted", "node-groups", launchTemplate, set("LaunchTemplateData.BlockDeviceMappings.0.Ebs.VolumeType", "gp4"), `"gp4"`, ""},
	{"disk-device", "node-groups:graviton", launchTemplate, set("LaunchTemplateData.BlockDeviceMappings.0.DeviceName", "/dev/xvda"), "no disk /dev/xvdb", ""},
	{"node-public-address", "node-groups", launchTemplate, set("LaunchTemplateData.NetworkInterfaces", []any{map[string]any{"AssociatePublicIpAddress": true}}), "public addresses", ""},
	{"launch-template-imdsv2", "node-groups", launchTemplate, set("LaunchTemplateData.MetadataOptions.HttpTokens", "optional"), "one GET", ""},
	{"launch-template-hops", "node-groups", launchTemplate, set("LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit", 2.0), "node's credentials", ""},
	{"instance-imdsv2", "", "AWS::EC2::EIP", become("AWS::EC2::Instance"), "one GET", ""},
}

// tainted taints the other node groups of the stack, too.
func tainted(_ *testing.T, r *assembly.Resource) {
	for _, group := range r.Stack.All(nodeGroup) {
		group.Properties["Taints"] = r.Properties["Taints"]
	}
}
