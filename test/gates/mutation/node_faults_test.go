package mutation

var (
	generalGroup    = at("dev-cluster", "AWS::EKS::Nodegroup", "NodeGroups/general")
	gravitonGroup   = at("dev-cluster", "AWS::EKS::Nodegroup", "NodeGroups/graviton")
	generalTemplate = at("dev-cluster", "AWS::EC2::LaunchTemplate", "general-template")
	nodeRole        = at("dev-cluster", "AWS::IAM::Role", "NodeGroups/NodeRole")
	cniAddon        = at("dev-cluster", "AWS::EKS::Addon", "Addon-vpc-cni")
	podIdentity     = at("dev-cluster", "AWS::EKS::Addon", "Addon-eks-pod-identity-agent")
	ebsAddon        = at("dev-cluster", "AWS::EKS::Addon", "Addon-aws-ebs-csi-driver")
)

// of seeds the faults into another variant.
func of(variant string, faults []fault) []fault {
	for i := range faults {
		faults[i].variant = variant
	}
	return faults
}

var nodeFaults = of("node-groups", []fault{
	{name: "fewer nodes at most than at least", gate: "rules", at: generalGroup, edits: []edit{set(1, "ScalingConfig", "MaxSize")}},
	{name: "more nodes wanted than allowed", gate: "rules", at: generalGroup, edits: []edit{set(9, "ScalingConfig", "DesiredSize")}},
	{name: "sizes as texts, the wrong way round", gate: "rules", at: generalGroup, edits: []edit{set("5", "ScalingConfig", "MinSize")}},
	{name: "an AMI of the other architecture", gate: "rules", at: gravitonGroup, edits: []edit{set("BOTTLEROCKET_x86_64", "AmiType")}},
	{name: "an AMI that EKS has no more", gate: "rules", at: generalGroup, edits: []edit{set("AL2_x86_64", "AmiType")}},
	{name: "an instance type that does not exist", gate: "rules", at: generalGroup, edits: []edit{set([]any{"m7i.huge"}, "InstanceTypes")}},
	{name: "two architectures in one group", gate: "rules", at: gravitonGroup, edits: []edit{set([]any{"m7g.large", "m7i.large"}, "InstanceTypes")}},
	{name: "nodes may not join", gate: "rules", at: nodeRole, edits: []edit{swap("AmazonEKSWorkerNodePolicy", "AmazonEKSServicePolicy", "ManagedPolicyArns")}, says: []place{nodeRole, generalGroup}},
	{name: "pods get no addresses", gate: "rules", at: nodeRole, edits: []edit{swap("AmazonEKS_CNI_Policy", "AmazonEKSWorkerNodePolicy", "ManagedPolicyArns")}, says: []place{nodeRole, generalGroup}},
	{name: "nodes may push images", gate: "rules", at: nodeRole, edits: []edit{swap("AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryPowerUser", "ManagedPolicyArns")}, says: []place{nodeRole, generalGroup}},
	{name: "a disk in the clear", gate: "rules", at: generalTemplate, edits: []edit{set(false, "LaunchTemplateData", "BlockDeviceMappings", 0, "Ebs", "Encrypted")}},
	{name: "a disk in the clear, as a text", gate: "rules", at: generalTemplate, edits: []edit{set("false", "LaunchTemplateData", "BlockDeviceMappings", 0, "Ebs", "Encrypted")}},
	{name: "metadata without a token", gate: "rules", at: generalTemplate, edits: []edit{set("optional", "LaunchTemplateData", "MetadataOptions", "HttpTokens")}},
	{name: "pods reach the node's role", gate: "rules", at: generalTemplate, edits: []edit{set(2, "LaunchTemplateData", "MetadataOptions", "HttpPutResponseHopLimit")}},
	{name: "metadata options are left out", gate: "rules", at: generalTemplate, edits: []edit{drop("LaunchTemplateData", "MetadataOptions")}},
	{name: "the root disk has another name", gate: "rules", at: generalTemplate, edits: []edit{set("/dev/sda1", "LaunchTemplateData", "BlockDeviceMappings", 0, "DeviceName")}},
	{name: "a disk that does not hold the system", gate: "rules", at: generalTemplate, edits: []edit{set(1, "LaunchTemplateData", "BlockDeviceMappings", 0, "Ebs", "VolumeSize")}},
	{name: "a key for SSH", gate: "rules", at: generalTemplate, edits: []edit{set("my-laptop", "LaunchTemplateData", "KeyName")}},
	{name: "nodes with public addresses", gate: "rules", at: generalTemplate, edits: []edit{set([]any{map[string]any{"DeviceIndex": 0, "AssociatePublicIpAddress": true}}, "LaunchTemplateData", "NetworkInterfaces")}},
	{name: "the instance type in two places", gate: "rules", at: generalTemplate, edits: []edit{set("m7i.large", "LaunchTemplateData", "InstanceType")}, says: []place{generalTemplate, generalGroup}},
	{name: "the disk in two places", gate: "rules", at: generalGroup, edits: []edit{set(50, "DiskSize")}},
	{name: "SSH from everywhere", gate: "rules", at: generalGroup, edits: []edit{set(map[string]any{"Ec2SshKey": "laptop"}, "RemoteAccess")}},
	{name: "an instance profile in the template", gate: "rules", at: generalTemplate, edits: []edit{set(map[string]any{"Name": "nodes"}, "LaunchTemplateData", "IamInstanceProfile")}},
	{name: "a fixed version of the template", gate: "rules", at: generalGroup, edits: []edit{set("7", "LaunchTemplate", "Version")}},
	{name: "the other group's template", gate: "rules", at: generalGroup, edits: []edit{set(ref("ClusterNodeGroupsgravitontemplate498FE5CF"), "LaunchTemplate", "Id")}},
	{name: "a taint that is Kubernetes' word", gate: "rules", at: generalGroup, edits: []edit{set([]any{map[string]any{"Key": "dedicated", "Value": "x", "Effect": "NoSchedule"}}, "Taints")}},
	{name: "a label that EKS keeps for itself", gate: "rules", at: generalGroup, edits: []edit{set(map[string]any{"kubernetes.io/role": "worker"}, "Labels")}},
	{name: "nodes in one zone", gate: "rules", at: generalGroup, edits: []edit{swap("ExportsOutputRefNetworkVpcPrivateSubnet2Subnet1BDBE87783414D15", "ExportsOutputRefNetworkVpcPrivateSubnet1Subnet6DD86AE62279BBA5", "Subnets"), swap("ExportsOutputRefNetworkVpcPrivateSubnet3Subnet8ABFAF5C277BED3A", "ExportsOutputRefNetworkVpcPrivateSubnet1Subnet6DD86AE62279BBA5", "Subnets")}},
	{name: "updates that may take no node", gate: "rules", at: generalGroup, edits: []edit{set(map[string]any{"MaxUnavailable": 0}, "UpdateConfig")}},
	{name: "a capacity that AWS does not sell", gate: "rules", at: generalGroup, edits: []edit{set("SPOTS", "CapacityType")}},
	{name: "nodes before the network plugin", gate: "rules", at: generalGroup, edits: []edit{dropIn("DependsOn")}},
	{name: "nodes of another version", gate: "rules", at: generalGroup, edits: []edit{set("1.31", "Version")}},
	{name: "no network plugin", gate: "rules", at: cniAddon, edits: []edit{gone}, says: []place{cluster, generalGroup}},
	{name: "no kube-proxy", gate: "rules", at: at("dev-cluster", "AWS::EKS::Addon", "Addon-kube-proxy"), edits: []edit{gone}, says: []place{cluster, generalGroup}},
	{name: "no agent of Pod Identity", gate: "rules", at: podIdentity, edits: []edit{gone}, says: []place{cluster, ebsAddon, at("dev-cluster", "AWS::EKS::PodIdentityAssociation", "")}},
	{name: "no CoreDNS", gate: "rules", at: at("dev-cluster", "AWS::EKS::Addon", "coredns"), edits: []edit{gone}, says: []place{cluster}},
	{name: "network policies are not enforced", gate: "rules", at: cniAddon, edits: []edit{swap(`"true"`, `"false"`, "ConfigurationValues")}},
	{name: "an add-on's configuration that is no JSON", gate: "rules", at: cniAddon, edits: []edit{set("enableNetworkPolicy: true", "ConfigurationValues")}},
	{name: "an add-on's version that does not exist", gate: "rules", at: cniAddon, edits: []edit{set("1.19", "AddonVersion")}},
	{name: "volumes without a role", gate: "rules", at: ebsAddon, edits: []edit{drop("PodIdentityAssociations")}},
	{name: "volumes for another service account", gate: "rules", at: ebsAddon, edits: []edit{set("ebs-csi-controller", "PodIdentityAssociations", 0, "ServiceAccount")}},
	{name: "volumes before there are nodes", gate: "rules", at: ebsAddon, edits: []edit{dropIn("DependsOn")}},
	{name: "the driver may not make volumes", gate: "rules", at: at("dev-cluster", "AWS::IAM::Role", "VolumesRole"), edits: []edit{swap("AmazonEBSCSIDriverPolicy", "AmazonEFSCSIDriverPolicy", "ManagedPolicyArns")}},
	{name: "add-ons do not win over what is there", gate: "rules", at: cniAddon, edits: []edit{set("NONE", "ResolveConflicts")}},
})
