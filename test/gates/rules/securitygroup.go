package rules

import (
	"net/netip"
	"slices"

	"gitops-eks/test/gates/assembly"
)

// securityGroupRules are about who may come in.
var securityGroupRules = []rule{
	{"security-group-open", eachIngress(openIngress)},
	{"security-group-ports", eachIngress(ingressPorts)},
	{"security-group-source", eachIngress(ingressSource)},
	{"security-group-egress", each(egress, "AWS::EC2::SecurityGroup")},
}

// eachIngress makes a check of one that looks at a single way in: part of a
// security group, or a resource of its own.
func eachIngress(check func(v *review, r *assembly.Resource, group *assembly.Resource, door any)) func(*review) {
	return func(v *review) {
		for _, r := range v.assembly.All("AWS::EC2::SecurityGroup") {
			for _, door := range assembly.List(r.Get("SecurityGroupIngress")) {
				check(v, r, r, door)
			}
		}
		for _, r := range v.assembly.All("AWS::EC2::SecurityGroupIngress") {
			check(v, r, v.target(r.Stack, r.Get("GroupId")), r.Properties)
		}
	}
}

// openIngress wants nobody from outside the VPC [EC2.18, EC2.19].
func openIngress(v *review, r, group *assembly.Resource, door any) {
	const fix = "allow the VPC's range or a security group as the source"
	if text := v.text(r.Stack, at(door, "CidrIpv6")); text != "" {
		if prefix, err := netip.ParsePrefix(text); err != nil || !prefix.Addr().IsPrivate() {
			v.wrong(r, fix, "it lets %s in, which is not an address of the VPC", shown(text))
		}
	}
	value := at(door, "CidrIp")
	source := v.target(r.Stack, value)
	if value == nil || source != nil && source.Type == "AWS::EC2::VPC" {
		return
	}
	prefix, err := parsePrefix(v.text(r.Stack, value))
	switch {
	case err != nil:
		if _, isText := value.(string); isText {
			v.wrong(r, fix, "CidrIp: %v", err)
		}
	case prefix.Bits() == 0:
		v.wrong(r, fix, "it lets everybody in (%s)", prefix)
	case !internal(prefix):
		v.wrong(r, fix, "it lets %s in, which is not an address of the VPC", prefix)
	default:
		if group == nil {
			return // a group of somebody else
		}
		vpc := v.target(group.Stack, group.Get("VpcId"))
		if vpc == nil {
			return
		}
		if network, ok := v.prefixOf(vpc); ok && (!network.Contains(prefix.Addr()) || prefix.Bits() < network.Bits()) {
			v.wrong(r, fix, "it lets %s in, which is more than the VPC's %s", prefix, network)
		}
	}
}

// protocols are those of rules, by name and number.
var protocols = []string{"tcp", "udp", "icmp", "icmpv6", "-1", "6", "17", "1", "58"}

// ingressPorts wants named ports from named networks.
func ingressPorts(v *review, r, _ *assembly.Resource, door any) {
	protocol := v.text(r.Stack, at(door, "IpProtocol"))
	from, hasFrom := number(at(door, "FromPort"))
	to, hasTo := number(at(door, "ToPort"))
	fromNetwork := at(door, "CidrIp") != nil || at(door, "CidrIpv6") != nil
	switch {
	case !slices.Contains(protocols, protocol):
		v.wrong(r, "use tcp, udp, icmp or -1", "IpProtocol is %s, want tcp, udp, icmp or -1", shown(protocol))
	case fromNetwork && (protocol == "-1" || hasFrom && hasTo && to-from >= 65534):
		v.wrong(r, "name the protocol and the port, such as tcp 443", "it opens all ports to a network")
	case (protocol == "tcp" || protocol == "udp") && (!hasFrom || !hasTo):
		v.wrong(r, "set FromPort and ToPort", "it names no ports")
	case (protocol == "tcp" || protocol == "udp") && (from > to || from < 0 || to > 65535):
		v.wrong(r, "set FromPort and ToPort in order, 0 to 65535", "its ports are %v to %v", from, to)
	}
}

// ingressSource wants one source.
func ingressSource(v *review, r, group *assembly.Resource, door any) {
	sources := 0
	for _, property := range []string{"CidrIp", "CidrIpv6", "SourceSecurityGroupId", "SourceSecurityGroupName", "SourcePrefixListId"} {
		if at(door, property) != nil {
			sources++
		}
	}
	if sources != 1 {
		v.wrong(r, "set one of CidrIp and SourceSecurityGroupId", "a way in has %d sources, want one", sources)
	}
	if source := v.target(r.Stack, at(door, "SourceSecurityGroupId")); source != nil && group != nil &&
		source.Type == "AWS::EC2::SecurityGroup" && v.vpcID(source) != v.vpcID(group) {
		v.wrong(r, "use a security group of the same VPC", "its source %s is of another VPC", source.LogicalID)
	}
}

// egress wants a way out: an empty list of rules is AWS's "allow all", but the
// CDK writes an unreachable address for "none".
func egress(v *review, r *assembly.Resource) {
	for _, door := range assembly.List(r.Get("SecurityGroupEgress")) {
		if at(door, "CidrIp") == nil && at(door, "CidrIpv6") == nil && at(door, "DestinationSecurityGroupId") == nil && at(door, "DestinationPrefixListId") == nil {
			v.wrong(r, "set CidrIp or DestinationSecurityGroupId", "a way out has no destination")
		}
		if protocol := v.text(r.Stack, at(door, "IpProtocol")); !slices.Contains(protocols, protocol) {
			v.wrong(r, "use tcp, udp, icmp or -1", "IpProtocol is %s, want tcp, udp, icmp or -1", shown(protocol))
		}
		text := v.text(r.Stack, at(door, "CidrIp"))
		if text == "255.255.255.255/32" {
			v.wrong(r, "allow what it needs to reach", "nothing may leave the security group")
		} else if _, err := parsePrefix(text); text != "" && err != nil && literalText(at(door, "CidrIp")) {
			v.wrong(r, "write a CIDR such as 0.0.0.0/0", "egress CidrIp: %v", err)
		}
	}
}

func literalText(value any) bool {
	_, ok := value.(string)
	return ok
}
