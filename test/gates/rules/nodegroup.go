package rules

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// nodeGroupRules are about managed node groups.
// https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html
var nodeGroupRules = []rule{
	{"nodegroup-scaling", each(scaling, "AWS::EKS::Nodegroup")},
	{"nodegroup-instance-type", each(instanceTypes, "AWS::EKS::Nodegroup")},
	{"nodegroup-ami", each(amiType, "AWS::EKS::Nodegroup")},
	{"nodegroup-capacity", each(capacity, "AWS::EKS::Nodegroup")},
	{"nodegroup-taints", each(taints, "AWS::EKS::Nodegroup")},
	{"nodegroup-version", each(nodeVersion, "AWS::EKS::Nodegroup")},
	{"nodegroup-template", each(nodeTemplate, "AWS::EKS::Nodegroup")},
	{"nodegroup-remote-access", each(remoteAccess, "AWS::EKS::Nodegroup")},
	{"nodegroup-role", each(nodeGroupRole, "AWS::EKS::Nodegroup")},
	{"nodegroup-untainted", each(untainted, "AWS::EKS::Cluster")},
}

// amiTypes are those that EKS has for Kubernetes 1.33 and later, by architecture.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html#AmazonEKS-Type-Nodegroup-amiType
var amiTypes = map[string]string{
	"AL2023_x86_64_STANDARD": amd64, "AL2023_x86_64_NVIDIA": amd64, "AL2023_x86_64_NEURON": amd64,
	"AL2023_ARM_64_STANDARD": arm64, "AL2023_ARM_64_NVIDIA": arm64,
	"BOTTLEROCKET_x86_64": amd64, "BOTTLEROCKET_x86_64_FIPS": amd64, "BOTTLEROCKET_x86_64_NVIDIA": amd64, "BOTTLEROCKET_x86_64_NVIDIA_FIPS": amd64,
	"BOTTLEROCKET_ARM_64": arm64, "BOTTLEROCKET_ARM_64_FIPS": arm64, "BOTTLEROCKET_ARM_64_NVIDIA": arm64, "BOTTLEROCKET_ARM_64_NVIDIA_FIPS": arm64,
}

// mostNodes is EKS's quota for a node group.
// https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html
const mostNodes = 450

// scaling wants 0 ≤ min ≤ desired ≤ max and 1 ≤ max.
func scaling(v *review, r *assembly.Resource) {
	least, hasLeast := number(r.Get("ScalingConfig", "MinSize"))
	most, hasMost := number(r.Get("ScalingConfig", "MaxSize"))
	desired, hasDesired := number(r.Get("ScalingConfig", "DesiredSize"))
	switch {
	case !hasLeast || !hasMost:
		v.wrong(r, "set ScalingConfig.MinSize and MaxSize", "ScalingConfig has no MinSize or no MaxSize")
	case least < 0 || most < 1 || least > most || most > mostNodes || hasDesired && (desired < least || desired > most):
		v.wrong(r, "set MinSize ≤ DesiredSize ≤ MaxSize, and MaxSize to 1 to 450",
			"ScalingConfig is MinSize %v, DesiredSize %v, MaxSize %v, want them in this order and at most %d", least, desired, most, mostNodes)
	}
}

func instanceTypes(v *review, r *assembly.Resource) {
	types := v.texts(r.Stack, r.Get("InstanceTypes"))
	if len(types) == 0 && v.templateData(r)["InstanceType"] == nil {
		v.wrong(r, "set InstanceTypes", "InstanceTypes is empty: EKS takes t3.medium")
	}
	if instanceType, _ := v.templateData(r)["InstanceType"].(string); instanceType != "" {
		if len(types) > 0 {
			v.wrong(r, "remove InstanceType from the launch template", "both the node group and its launch template name instance types, EKS takes one of the two")
		}
		types = append(types, instanceType)
	}
	architectures := map[string]string{}
	for _, name := range types {
		architecture, ok := architectureOf(name)
		if !ok {
			v.wrong(r, "use a type that aws ec2 describe-instance-types lists, such as m7i.large", "EC2 has no instance type %s", shown(name))
			continue
		}
		if _, size, _ := strings.Cut(name, "."); slices.Contains(tooSmall, size) {
			v.wrong(r, "use medium or larger", "%s has no room for pods beside the node's own", name)
		}
		architectures[architecture] = name
		if want := amiTypes[v.text(r.Stack, r.Get("AmiType"))]; want != "" && want != architecture {
			v.wrong(r, "use instance types and an AmiType of the same architecture", "the instance type %s is %s, the AmiType %v is %s", name, architecture, r.Get("AmiType"), want)
		}
	}
	if len(architectures) > 1 {
		v.wrong(r, "make a node group for each architecture", "InstanceTypes has both architectures, %s and %s", architectures[amd64], architectures[arm64])
	}
}

func amiType(v *review, r *assembly.Resource) {
	name := v.text(r.Stack, r.Get("AmiType"))
	const fix = "use AL2023_x86_64_STANDARD, AL2023_ARM_64_STANDARD, BOTTLEROCKET_x86_64 or BOTTLEROCKET_ARM_64"
	switch {
	case amiTypes[name] != "" || name == "CUSTOM" && v.templateData(r)["ImageId"] != nil:
	case name == "":
		v.wrong(r, fix, "AmiType is not set")
	case strings.HasPrefix(name, "AL2_"):
		v.wrong(r, fix, "AmiType is %s: there is no Amazon Linux 2 for Kubernetes 1.33 and later", name)
	default:
		v.wrong(r, fix, "EKS has no AmiType %s for the platform's versions", shown(name))
	}
}

func capacity(v *review, r *assembly.Resource) {
	if name := v.text(r.Stack, r.Get("CapacityType")); !slices.Contains([]string{"", "ON_DEMAND", "SPOT", "CAPACITY_BLOCK"}, name) {
		v.wrong(r, "use ON_DEMAND or SPOT", "CapacityType is %s, want \"ON_DEMAND\" or \"SPOT\"", shown(name))
	}
	if n, ok := number(r.Get("UpdateConfig", "MaxUnavailable")); ok && (n < 1 || n > 100) {
		v.wrong(r, "use 1 to 100", "UpdateConfig.MaxUnavailable is %v, want 1 to 100", n)
	}
}

// taints takes the spelling of EKS, which is not that of Kubernetes.
func taints(v *review, r *assembly.Resource) {
	for _, taint := range assembly.List(r.Get("Taints")) {
		if effect := v.text(r.Stack, at(taint, "Effect")); !slices.Contains([]string{"NO_SCHEDULE", "PREFER_NO_SCHEDULE", "NO_EXECUTE"}, effect) {
			v.wrong(r, "use NO_SCHEDULE, PREFER_NO_SCHEDULE or NO_EXECUTE", "a taint has the effect %s", shown(effect))
		}
	}
	for key := range object(r.Get("Labels")) {
		if strings.HasPrefix(key, "kubernetes.io/") || strings.HasPrefix(key, "eks.amazonaws.com/") || strings.HasPrefix(key, "k8s.io/") {
			v.wrong(r, "use a prefix of your own", "the label %s has a reserved prefix", key)
		}
	}
}

// untainted wants somewhere for Flux and the add-ons.
func untainted(v *review, r *assembly.Resource) {
	groups := v.ofCluster(r, "AWS::EKS::Nodegroup")
	if autoMode(r) || len(groups) == 0 {
		return
	}
	for _, group := range groups {
		if len(assembly.List(group.Get("Taints"))) == 0 {
			return
		}
	}
	v.wrong(groups[0], "add a node group without taints", "all node groups of the cluster are tainted: Flux and the add-ons get no node")
}

func remoteAccess(v *review, r *assembly.Resource) {
	if r.Get("RemoteAccess") != nil {
		v.wrong(r, "remove RemoteAccess, and use AWS Systems Manager", "RemoteAccess opens SSH on the nodes")
	}
}

func nodeGroupRole(v *review, r *assembly.Resource) {
	role := v.target(r.Stack, r.Get("NodeRole"))
	if role == nil || role.Type != "AWS::IAM::Role" {
		if role != nil || !principalARN.MatchString(v.text(r.Stack, r.Get("NodeRole"))) {
			v.wrong(r, "refer to an AWS::IAM::Role", "NodeRole is %s, want the ARN of a role", shown(v.text(r.Stack, r.Get("NodeRole"))))
		}
	}
}

// nodeTemplate wants a launch template: only there are disks and the metadata service set.
func nodeTemplate(v *review, r *assembly.Resource) {
	switch template := v.template(r); {
	case r.Get("LaunchTemplate") == nil:
		v.wrong(r, "add an AWS::EC2::LaunchTemplate with encrypted disks and HttpTokens required", "it has no launch template: disks are not known to be encrypted, and IMDSv1 answers")
	case template == nil || template.Type != "AWS::EC2::LaunchTemplate":
		v.wrong(r, "refer to a launch template of the stack", "LaunchTemplate.Id is %s, want a launch template", shown(v.text(r.Stack, r.Get("LaunchTemplate", "Id"))))
	}
	// Without, a change of the template changes no node.
	version := v.text(r.Stack, r.Get("LaunchTemplate", "Version"))
	if _, isNumber := number(version); r.Get("LaunchTemplate") != nil && !isNumber && (v.target(r.Stack, r.Get("LaunchTemplate", "Version")) != v.template(r) || !strings.Contains(version, "VersionNumber")) {
		v.wrong(r, "set LaunchTemplate.Version to the template's LatestVersionNumber", "LaunchTemplate.Version is %s, want the number of a version of its template", shown(version))
	}
	if _, isNumber := number(version); isNumber && v.template(r) != nil {
		v.wrong(r, "set LaunchTemplate.Version to the template's LatestVersionNumber", "LaunchTemplate.Version is fixed to %s, and the template is made here: it has no such version yet, and a change of it would change no node", version)
	}
	if r.Get("DiskSize") != nil && r.Get("LaunchTemplate") != nil {
		v.wrong(r, "set the size in the launch template", "DiskSize is set beside a launch template, EKS refuses that")
	}
}

// nodeVersion wants nodes to follow the version of their cluster.
func nodeVersion(v *review, r *assembly.Resource) {
	version := v.text(r.Stack, r.Get("Version"))
	cluster := v.target(r.Stack, r.Get("ClusterName"))
	if cluster == nil {
		return
	}
	want := v.text(cluster.Stack, cluster.Get("Version"))
	switch {
	case version == "":
		v.wrong(r, "set Version to that of the cluster", "Version is not set: an upgrade of the cluster leaves the nodes behind")
	case version != want:
		v.wrong(r, "set Version to that of the cluster", "Version is %s, the cluster has %s", shown(version), shown(want))
	}
}

// template is the launch template of a node group.
func (v *review) template(group *assembly.Resource) *assembly.Resource {
	return v.target(group.Stack, group.Get("LaunchTemplate", "Id"))
}

func (v *review) templateData(group *assembly.Resource) map[string]any {
	template := v.template(group)
	if template == nil {
		return nil
	}
	return object(template.Get("LaunchTemplateData"))
}
