package validate

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// protocols of a security group's rule, beside numbers from 0 to 255.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
var protocols = []string{"tcp", "udp", "icmp", "icmpv6", "-1"}

// securityGroups checks the rules of security groups, inside and outside of them.
func securityGroups(a *assembly.Assembly) (found []finding.Finding) {
	check := func(r *assembly.Resource, where string, value any) {
		rule, _ := value.(map[string]any)
		protocol, literal := literalText(rule["IpProtocol"])
		number, err := strconv.Atoi(protocol)
		if literal && !slices.Contains(protocols, strings.ToLower(protocol)) && (err != nil || number < 0 || number > 255) {
			found = append(found, at(r, "security-group", fmt.Sprintf("IpProtocol of %s is %q, want one of %s or a number from 0 to 255", where, protocol, strings.Join(protocols, ", ")),
				"name the protocol, such as tcp"))
		}
		for _, port := range []string{"FromPort", "ToPort"} {
			if text, literal := literalText(rule[port]); literal && !between(-1, 65535)(text) {
				found = append(found, at(r, "security-group", fmt.Sprintf("%s of %s is %s, want 0 to 65535, or -1 for all", port, where, text), "set a port"))
			}
		}
		if (protocol == "tcp" || protocol == "udp") && (rule["FromPort"] == nil || rule["ToPort"] == nil) {
			found = append(found, at(r, "security-group", fmt.Sprintf("%s is for %s without FromPort and ToPort", where, protocol), "set both ports"))
		}
		for _, source := range []string{"CidrIp", "CidrIpv6"} {
			text, literal := literalText(rule[source])
			if literal && source == "CidrIp" && !cidr(0, 32)(text) {
				found = append(found, at(r, "security-group", fmt.Sprintf("CidrIp of %s is %q, want an IPv4 CIDR without host bits, such as 10.0.0.0/16", where, text), "set the network's CIDR"))
			}
		}
	}
	for _, r := range a.All("AWS::EC2::SecurityGroup") {
		for _, direction := range []string{"SecurityGroupIngress", "SecurityGroupEgress"} {
			for i, rule := range assembly.List(r.Get(direction)) {
				check(r, fmt.Sprintf("%s[%d]", direction, i), rule)
			}
		}
	}
	for _, r := range a.All("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress") {
		check(r, r.Type, any(r.Properties))
	}
	for _, r := range a.All("AWS::EC2::Route") {
		if !slices.ContainsFunc(routeTargets, func(target string) bool { return r.Get(target) != nil }) {
			found = append(found, at(r, "route", "the route has no target, want one of "+strings.Join(routeTargets, ", "), "set where the route leads, such as NatGatewayId"))
		}
	}
	return found
}

var routeTargets = []string{
	"CarrierGatewayId", "CoreNetworkArn", "EgressOnlyInternetGatewayId", "GatewayId", "InstanceId", "LocalGatewayId",
	"NatGatewayId", "NetworkInterfaceId", "TransitGatewayId", "VpcEndpointId", "VpcPeeringConnectionId",
}

var endpointService = regexp.MustCompile(`^(?:com\.amazonaws|aws\.api|cn\.com\.amazonaws)\.([a-z0-9-]+)\.([a-z0-9.-]+)$`)

// endpoints checks that an endpoint's properties fit its type, and its service the Region.
func endpoints(a *assembly.Assembly) (found []finding.Finding) {
	for _, r := range a.All("AWS::EC2::VPCEndpoint") {
		kind, _ := r.Get("VpcEndpointType").(string)
		add := func(problem, fix string) { found = append(found, at(r, "vpc-endpoint", problem, fix)) }
		switch kind {
		case "Gateway", "":
			for _, property := range []string{"SubnetIds", "SecurityGroupIds", "PrivateDnsEnabled"} {
				if r.Get(property) != nil {
					add(fmt.Sprintf("a gateway endpoint has %s, which only interface endpoints take", property), "remove it, or set VpcEndpointType to Interface")
				}
			}
			if r.Get("RouteTableIds") == nil {
				add("a gateway endpoint is in no route table, so nothing uses it", "set RouteTableIds")
			}
		case "Interface":
			if r.Get("RouteTableIds") != nil {
				add("an interface endpoint has RouteTableIds, which only gateway endpoints take", "remove them, or set VpcEndpointType to Gateway")
			}
			if r.Get("SubnetIds") == nil {
				add("an interface endpoint is in no subnet, so nothing can reach it", "set SubnetIds")
			}
		}
		service := endpointName(r.Get("ServiceName"))
		match := endpointService.FindStringSubmatch(service)
		switch {
		case service == "":
		case match == nil:
			add(fmt.Sprintf("ServiceName is %q, want com.amazonaws.region.service", service), "name the service of the stack's Region")
		case r.Stack.Region != "" && match[1] != "here" && match[1] != r.Stack.Region:
			add(fmt.Sprintf("ServiceName is %q, but the stack is in %s", service, r.Stack.Region), "name the service of the stack's Region")
		case kind != "Interface" && match[2] != "s3" && match[2] != "dynamodb":
			add(fmt.Sprintf("a gateway endpoint of %s: only s3 and dynamodb have one", match[2]), "set VpcEndpointType to Interface")
		}
	}
	return found
}

// endpointName is the text, with "here" for the stack's Region.
func endpointName(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	called, argument := function(value)
	parts, _ := argument.([]any)
	if called != "Fn::Join" || len(parts) != 2 || parts[0] != "" {
		return ""
	}
	name := ""
	for _, part := range assembly.List(parts[1]) {
		if text, ok := part.(string); ok {
			name += text
		} else if _, id := function(part); id == "AWS::Region" {
			name += "here"
		} else {
			return ""
		}
	}
	return name
}
