package rules

import (
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// subnetOfClusterRules are about where a cluster, its nodes and its handler live.
// https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
var subnetOfClusterRules = []rule{
	{"cluster-zones", each(clusterZones, "AWS::EKS::Cluster", "AWS::EKS::Nodegroup", "AWS::Lambda::Function")},
	{"vpc-members", each(vpcMembers, "AWS::EKS::Cluster", "AWS::EKS::Nodegroup", "AWS::Lambda::Function", "AWS::EC2::VPCEndpoint")},
	{"cluster-private-subnets", each(privateSubnets, "AWS::EKS::Cluster", "AWS::EKS::Nodegroup", "AWS::Lambda::Function")},
	{"cluster-subnet-size", each(subnetSize, "AWS::EKS::Cluster", "AWS::EKS::Nodegroup")},
	{"subnet-id", each(subnetNames, "AWS::EKS::Cluster", "AWS::EKS::Nodegroup", "AWS::Lambda::Function", "AWS::EC2::VPCEndpoint")},
	{"cluster-same-vpc", each(sameVpc, "AWS::EKS::Cluster", "AWS::EKS::Nodegroup", "AWS::Lambda::Function", "AWS::EC2::VPCEndpoint")},
	{"cluster-endpoints-needed", each(endpointsNeeded, "AWS::EKS::Cluster")},
}

// fewestAddresses that a subnet for nodes and pods has: each pod takes one.
const fewestAddresses = 64

// subnetIDs are the subnets that a resource is put into.
func subnetIDs(r *assembly.Resource) []any {
	switch r.Type {
	case "AWS::EKS::Cluster":
		return assembly.List(r.Get("ResourcesVpcConfig", "SubnetIds"))
	case "AWS::EKS::Nodegroup":
		return assembly.List(r.Get("Subnets"))
	case "AWS::Lambda::Function":
		return assembly.List(r.Get("VpcConfig", "SubnetIds"))
	}
	return assembly.List(r.Get("SubnetIds"))
}

// subnetID is the form of a subnet's id.
var subnetID = regexp.MustCompile(`^subnet-([0-9a-f]{8}|[0-9a-f]{17})$`)

// subnetNames wants the ids of subnets where they are written out.
func subnetNames(v *review, r *assembly.Resource) {
	for _, id := range subnetIDs(r) {
		if text, ok := id.(string); ok && !subnetID.MatchString(text) {
			v.wrong(r, "write the id as in the VPC console", "%s is no id of a subnet, want subnet- and 17 hexadecimal digits", shown(text))
		}
	}
}

// securityGroupIDs are the groups that a resource is put into.
func securityGroupIDs(r *assembly.Resource) []any {
	switch r.Type {
	case "AWS::EKS::Cluster":
		return assembly.List(r.Get("ResourcesVpcConfig", "SecurityGroupIds"))
	case "AWS::Lambda::Function":
		return assembly.List(r.Get("VpcConfig", "SecurityGroupIds"))
	}
	return assembly.List(r.Get("SecurityGroupIds"))
}

// subnets are those of the ids that the assembly makes.
func (v *review) subnets(s *assembly.Stack, ids []any) []*assembly.Resource {
	var found []*assembly.Resource
	for _, id := range ids {
		if subnet := v.target(s, id); subnet != nil && subnet.Type == "AWS::EC2::Subnet" {
			found = append(found, subnet)
		}
	}
	return found
}

// clusterZones wants two subnets in two zones at least; EKS refuses less.
func clusterZones(v *review, r *assembly.Resource) {
	ids := subnetIDs(r)
	if r.Get("VpcConfig") == nil && r.Type == "AWS::Lambda::Function" {
		return
	}
	distinct := map[string]bool{}
	for _, id := range v.texts(r.Stack, ids) {
		distinct[id] = true
	}
	if len(distinct) != len(ids) {
		v.wrong(r, "name each subnet once", "a subnet is named twice among the %d", len(ids))
	}
	if len(distinct) < 2 {
		v.wrong(r, "name the private subnets of at least two availability zones", "it has %d subnets, want at least 2 in different zones", len(distinct))
		return
	}
	zones := map[string]bool{}
	subnets := v.subnets(r.Stack, ids)
	for _, subnet := range subnets {
		zones[zone(subnet)] = true
	}
	if len(subnets) == len(ids) && len(zones) < 2 {
		v.wrong(r, "name subnets of at least two availability zones", "all of its %d subnets are in one availability zone", len(ids))
	}
}

// vpcMembers wants subnets and security groups where they belong.
func vpcMembers(v *review, r *assembly.Resource) {
	for _, id := range subnetIDs(r) {
		target, text := v.target(r.Stack, id), v.text(r.Stack, id)
		if target != nil && target.Type != "AWS::EC2::Subnet" || target == nil && !strings.HasPrefix(text, "subnet-") {
			v.wrong(r, "refer to a subnet", "among its subnets is %s, which is none", shown(text))
		}
	}
	for _, id := range securityGroupIDs(r) {
		target, text := v.target(r.Stack, id), v.text(r.Stack, id)
		isGroup := target != nil && (target.Type == "AWS::EC2::SecurityGroup" || strings.HasSuffix(text, ".ClusterSecurityGroupId}") || strings.HasSuffix(text, ".DefaultSecurityGroup}"))
		if !isGroup && !strings.HasPrefix(text, "sg-") {
			v.wrong(r, "refer to a security group", "among its security groups is %s, which is none", shown(text))
		}
	}
}

// privateSubnets wants them out of the internet's reach.
func privateSubnets(v *review, r *assembly.Resource) {
	for _, subnet := range v.subnets(r.Stack, subnetIDs(r)) {
		if v.intent(subnet) == public || v.way(subnet) == public {
			v.wrong(r, "use the private subnets only", "it is put into the public subnet %s/%s", subnet.Stack.ID, subnet.LogicalID)
		}
	}
}

func subnetSize(v *review, r *assembly.Resource) {
	for _, subnet := range v.subnets(r.Stack, subnetIDs(r)) {
		if prefix, err := parsePrefix(v.text(subnet.Stack, subnet.Get("CidrBlock"))); err == nil && 1<<(32-prefix.Bits()) < fewestAddresses {
			v.wrong(subnet, "give the private subnets most of the VPC, such as /19 each of a /16",
				"the cluster's subnet %s has %d addresses, and each pod takes one: want at least %d", prefix, 1<<(32-prefix.Bits()), fewestAddresses)
		}
	}
}

// sameVpc wants subnets and security groups of one VPC.
func sameVpc(v *review, r *assembly.Resource) {
	vpcs := map[string]string{} // to whom names it
	for _, subnet := range v.subnets(r.Stack, subnetIDs(r)) {
		vpcs[v.vpcID(subnet)] = subnet.LogicalID
	}
	for _, id := range securityGroupIDs(r) {
		if group := v.target(r.Stack, id); group != nil && group.Type == "AWS::EC2::SecurityGroup" {
			vpcs[v.vpcID(group)] = group.LogicalID
		}
	}
	if r.Type == "AWS::EC2::VPCEndpoint" {
		vpcs[v.vpcID(r)] = r.LogicalID
	}
	if len(vpcs) > 1 && len(v.subnets(r.Stack, subnetIDs(r))) > 0 {
		v.wrong(r, "use subnets and security groups of the same VPC", "its subnets and security groups are of %d different VPCs", len(vpcs))
	}
	if r.Type == "AWS::EKS::Cluster" || r.Type == "AWS::Lambda::Function" && len(subnetIDs(r)) > 0 {
		if len(securityGroupIDs(r)) == 0 {
			v.wrong(r, "set SecurityGroupIds", "it is in a VPC and has no security group")
		}
	}
}

// vpcID identifies the VPC of a resource: the resource that makes it, or the literal id.
func (v *review) vpcID(r *assembly.Resource) string {
	if vpc := v.target(r.Stack, r.Get("VpcId")); vpc != nil {
		return vpc.Stack.ID + "/" + vpc.LogicalID
	}
	return v.text(r.Stack, r.Get("VpcId"))
}

// vpcsOf are the VPCs of the subnets.
func (v *review) vpcsOf(s *assembly.Stack, ids any) []*assembly.Resource {
	var found []*assembly.Resource
	for _, subnet := range v.subnets(s, assembly.List(ids)) {
		if vpc := v.target(subnet.Stack, subnet.Get("VpcId")); vpc != nil && !slices.Contains(found, vpc) {
			found = append(found, vpc)
		}
	}
	return found
}
