package rules

const securityGroup = "AWS::EC2::SecurityGroup"

// open is a way in from a network.
func open(cidr, protocol string, from, to float64) []any {
	return []any{map[string]any{"CidrIp": cidr, "IpProtocol": protocol, "FromPort": from, "ToPort": to}}
}

var doorFaults = []fault{
	{"security-group-open", "", securityGroup, set("SecurityGroupIngress", open("0.0.0.0/0", "tcp", 443, 443)), "lets everybody in", ""},
	{"security-group-open", "", securityGroup, set("SecurityGroupIngress", open("203.0.113.0/24", "tcp", 22, 22)), "not an address of the VPC", ""},
	{"security-group-open", "", securityGroup, set("SecurityGroupIngress", open("10.0.0.0/8", "tcp", 22, 22)), "more than the VPC's 10.0.0.0/16", ""},
	{"security-group-open", "", securityGroup, set("SecurityGroupIngress", []any{map[string]any{"CidrIpv6": "::/0", "IpProtocol": "tcp", "FromPort": 443.0, "ToPort": 443.0}}), `"::/0"`, ""},
	{"security-group-open", "", "AWS::EC2::EIP", both(become("AWS::EC2::SecurityGroupIngress"), set("CidrIp", "0.0.0.0/0")), "lets everybody in", ""},
	{"security-group-ports", "", securityGroup, set("SecurityGroupIngress", open("10.0.0.0/16", "-1", -1, -1)), "opens all ports", ""},
	{"security-group-ports", "", securityGroup, set("SecurityGroupIngress", open("10.0.0.0/16", "tcp", 0, 65535)), "opens all ports", ""},
	{"security-group-ports", "", securityGroup, set("SecurityGroupIngress", open("10.0.0.0/16", "tcp", 443, 80)), "443 to 80", ""},
	{"security-group-ports", "", securityGroup, set("SecurityGroupIngress", open("10.0.0.0/16", "https", 443, 443)), "want tcp", ""},
	{"security-group-source", "", securityGroup, set("SecurityGroupIngress", []any{map[string]any{"IpProtocol": "tcp", "FromPort": 443.0, "ToPort": 443.0}}), "has 0 sources", ""},
	{"security-group-egress", "", securityGroup, set("SecurityGroupEgress.0.CidrIp", "255.255.255.255/32"), "nothing may leave", ""},
	{"security-group-egress", "", securityGroup, set("SecurityGroupEgress.0.CidrIp", nil), "no destination", ""},
	{"network-acl", "", "AWS::EC2::EIP", both(become("AWS::EC2::NetworkAclEntry"), acl("allow")), "everybody in to ports 22", ""},
	{"network-acl", "", "AWS::EC2::EIP", both(become("AWS::EC2::NetworkAclEntry"), acl("deny")), "denies all traffic", ""},
}

func acl(action string) edit {
	return both(set("CidrBlock", "0.0.0.0/0"), both(set("Protocol", -1.0), set("RuleAction", action)))
}
