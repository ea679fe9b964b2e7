package rules

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// vpcRules are what every VPC has.
var vpcRules = []rule{
	{"vpc-flow-log", each(vpcFlowLog, "AWS::EC2::VPC")},
	{"flow-log-destination", each(flowLogDestination, "AWS::EC2::FlowLog")},
	{"vpc-default-security-group", each(defaultSecurityGroup, "AWS::EC2::VPC")},
	{"vpc-one-cluster", each(vpcOneCluster, "AWS::EC2::VPC")},
	{"network-acl", each(networkACL, "AWS::EC2::NetworkAclEntry")},
}

// vpcFlowLog wants all traffic logged [EC2.6].
func vpcFlowLog(v *review, r *assembly.Resource) {
	for _, log := range v.assembly.All("AWS::EC2::FlowLog") {
		if v.target(log.Stack, log.Get("ResourceId")) == r && log.Get("ResourceType") == "VPC" {
			return
		}
	}
	v.wrong(r, "add an AWS::EC2::FlowLog with ResourceType VPC and TrafficType ALL", "no flow log records the VPC's traffic")
}

// flowLogDestination wants a log group of the stack, and a role that may write to it.
func flowLogDestination(v *review, r *assembly.Resource) {
	if v.target(r.Stack, r.Get("ResourceId")) == nil {
		v.wrong(r, "refer to the VPC", "ResourceId is %s, want the VPC", shown(v.text(r.Stack, r.Get("ResourceId"))))
	}
	if kind := v.text(r.Stack, r.Get("LogDestinationType")); kind != "" && kind != "cloud-watch-logs" {
		return // a bucket or a stream: no role, no group
	}
	group := v.target(r.Stack, r.Get("LogGroupName"))
	if group == nil || group.Type != "AWS::Logs::LogGroup" {
		v.wrong(r, "refer to a log group of the stack", "LogGroupName is %s, want a declared log group: otherwise the log never expires or fails",
			shown(v.text(r.Stack, r.Get("LogGroupName"))))
		return
	}
	role := v.target(r.Stack, r.Get("DeliverLogsPermissionArn"))
	if role == nil || role.Type != "AWS::IAM::Role" {
		v.wrong(r, "set DeliverLogsPermissionArn to a role of the stack", "DeliverLogsPermissionArn is %s, want a role that may write the log",
			shown(v.text(r.Stack, r.Get("DeliverLogsPermissionArn"))))
		return
	}
	for _, statement := range v.statements(role) {
		if v.allows(statement, "logs:PutLogEvents") && v.allows(statement, "logs:CreateLogStream") && v.refersTo(role.Stack, at(statement, "Resource"), group) {
			return
		}
	}
	v.wrong(r, "allow logs:CreateLogStream and logs:PutLogEvents on "+group.LogicalID, "its role %s may not write to its log group %s", role.LogicalID, group.LogicalID)
}

// defaultSecurityGroup wants the VPC's default group without rules [EC2.2]. Only
// a custom resource can do that: CloudFormation does not make the group.
func defaultSecurityGroup(v *review, r *assembly.Resource) {
	for _, custom := range r.Stack.All("Custom::VpcRestrictDefaultSG") {
		if v.refersTo(custom.Stack, custom.Get("DefaultSecurityGroupId"), r) {
			return
		}
	}
	v.wrong(r, "set RestrictDefaultSecurityGroup on the VPC's construct", "the VPC's default security group keeps its rules: all in it may talk to each other and to the internet")
}

// vpcOneCluster wants each environment's VPC to have its cluster, and no other's.
func vpcOneCluster(v *review, r *assembly.Resource) {
	var in []*assembly.Resource
	clusters := v.assembly.All("AWS::EKS::Cluster")
	for _, cluster := range clusters {
		if slices.Contains(v.vpcsOf(cluster.Stack, subnetIDs(cluster)), r) {
			in = append(in, cluster)
		}
	}
	if len(in) > 1 {
		v.wrong(in[1], "use the subnets of the environment's own VPC", "it is in the VPC %s/%s, which the cluster %s/%s is in already", r.Stack.ID, r.LogicalID, in[0].Stack.ID, in[0].LogicalID)
	}
	if len(in) == 0 && len(clusters) > 0 {
		v.wrong(r, "use its subnets in the environment's cluster", "no cluster is in the VPC")
	}
}

// networkACL wants no door for everybody to remote shells [EC2.21], and none
// closed that stops everything.
func networkACL(v *review, r *assembly.Resource) {
	everybody := v.text(r.Stack, r.Get("CidrBlock")) == "0.0.0.0/0" || v.text(r.Stack, r.Get("Ipv6CidrBlock")) == "::/0"
	protocol := v.text(r.Stack, r.Get("Protocol"))
	action := strings.ToLower(v.text(r.Stack, r.Get("RuleAction")))
	switch {
	case everybody && action == "allow" && !isTrue(r.Get("Egress")) && includesShell(protocol, r.Get("PortRange")):
		v.wrong(r, "allow the ports and networks that are needed", "the network ACL lets everybody in to ports 22 or 3389")
	case everybody && action == "deny" && protocol == "-1":
		v.wrong(r, "remove the entry: what is not allowed is denied", "the network ACL denies all traffic: whatever has a higher rule number is without effect")
	}
}

func includesShell(protocol string, ports any) bool {
	from, _ := number(at(ports, "From"))
	to, ok := number(at(ports, "To"))
	return protocol == "-1" || !ok || from <= 22 && to >= 22 || from <= 3389 && to >= 3389
}
