package rules

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
)

const (
	vpc         = "AWS::EC2::VPC"
	subnet      = "AWS::EC2::Subnet"
	route       = "AWS::EC2::Route"
	natGateway  = "AWS::EC2::NatGateway"
	tableMember = "AWS::EC2::SubnetRouteTableAssociation"
)

var networkFaults = []fault{
	{"vpc-cidr", "", vpc, set("CidrBlock", "10.0.0.0/8"), "a VPC takes /16 to /28", ""},
	{"vpc-cidr", "", vpc, set("CidrBlock", "11.0.0.0/16"), "not private", ""},
	{"vpc-cidr", "", vpc, set("CidrBlock", "10.0.0.1/16"), "not the start of its network", ""},
	{"vpc-cidr", "", vpc, set("CidrBlock", nil), "is not set", ""},
	{"vpc-overlap", "prod-like:prod-", vpc, set("CidrBlock", "10.0.0.0/16"), "overlaps 10.0.0.0/16 of the VPC dev-network/", ""},
	{"vpc-dns", "", vpc, set("EnableDnsHostnames", false), "get no names", ""},
	{"vpc-dns", "", vpc, set("EnableDnsSupport", false), "resolve a name", ""},
	{"vpc-tenancy", "", vpc, set("InstanceTenancy", "dedicated"), "dedicated instance", ""},
	{"vpc-flow-log", "", "AWS::EC2::FlowLog", drop, "no flow log", vpc},
	{"flow-log-traffic", "", "AWS::EC2::FlowLog", set("TrafficType", "REJECT"), `is "REJECT", want "ALL"`, ""},
	{"flow-log-destination", "", "AWS::EC2::FlowLog", set("LogGroupName", "flows"), "want a declared log group", ""},
	{"flow-log-destination", "", "AWS::EC2::FlowLog", set("DeliverLogsPermissionArn", nil), "want a role", ""},
	{"flow-log-destination", ":FlowLog", "AWS::IAM::Policy", set("PolicyDocument.Statement.0.Action", "logs:PutLogEvents"), "may not write", "AWS::EC2::FlowLog"},
	{"flow-log-destination", "", "AWS::EC2::FlowLog", set("ResourceId", "vpc-1"), "want the VPC", ""},
	{"vpc-default-security-group", "", "Custom::VpcRestrictDefaultSG", drop, "keeps its rules", vpc},
	{"subnet-cidr", ":PrivateSubnet2", subnet, set("CidrBlock", "10.1.0.0/19"), "is not inside 10.0.0.0/16", ""},
	{"subnet-cidr", ":PrivateSubnet2", subnet, set("CidrBlock", "10.0.64.0/33"), "is no CIDR", ""},
	{"subnet-cidr", ":PrivateSubnet2", subnet, set("CidrBlock", nil), "is not set", ""},
	{"subnet-overlap", ":PrivateSubnet2", subnet, set("CidrBlock", "10.0.32.0/19"), "overlaps 10.0.32.0/19", ""},
	{"subnet-public-address", ":PrivateSubnet2", subnet, set("MapPublicIpOnLaunch", true), "public addresses", ""},
	{"subnet-zone", ":PrivateSubnet2", subnet, set("AvailabilityZone", nil), "all subnets may end up", ""},
	{"subnet-zone", ":PrivateSubnet2", subnet, set("AvailabilityZone", "eu-west-1a"), "open for any Region", ""},
	{"subnet-zone", "prod-like:prod-network/Network/Vpc/PrivateSubnet2", subnet, set("AvailabilityZone", "eu-west-1b"), "not in the stack's Region eu-central-1", ""},
	{"subnet-zone", "prod-like:prod-network/Network/Vpc/PrivateSubnet2", subnet, set("AvailabilityZone", "dummy1a"), "want a name such as", ""},
	{"subnet-zone", ":PrivateSubnet2", subnet, set("AvailabilityZone", map[string]any{"Fn::Select": []any{1.0, map[string]any{"Fn::GetAZs": ""}}}), "where EKS has no control plane", ""},
	{"subnet-zone-twice", ":PrivateSubnet2", subnet, set("AvailabilityZone.Fn::GetAtt.1", "Zone1"), "the same availability zone", ""},
	{"subnet-kind", ":PrivateSubnet2/DefaultRoute", route, drop, "is meant to be private, but it has no default route", subnet + ":PrivateSubnet2"},
	{"subnet-kind", ":PublicSubnet2/RouteTableAssociation", tableMember, refTo("RouteTableId", "AWS::EC2::RouteTable", "PrivateSubnet2", ""), "is meant to be public", subnet + ":PublicSubnet2"},
	{"subnet-kind", ":PrivateSubnet2/DefaultRoute", route, both(set("NatGatewayId", nil), refTo("GatewayId", "AWS::EC2::InternetGateway", "", "")), "leads to an internet gateway", subnet + ":PrivateSubnet2"},
	{"subnet-load-balancer-tag", ":PrivateSubnet2", subnet, set("Tags", []any{}), "no load balancer finds it", ""},
	{"subnet-load-balancer-tag", ":PrivateSubnet2", subnet, set("Tags.0.Key", "kubernetes.io/role/elb"), "of the wrong kind", ""},
	{"subnet-route-table", ":PrivateSubnet2/RouteTableAssociation", tableMember, drop, "has no route table", subnet + ":PrivateSubnet2"},
	{"subnet-route-table", ":PrivateSubnet2/RouteTableAssociation", tableMember, twin, "has 2 route tables", subnet + ":PrivateSubnet2"},
	{"route-table-association", ":PrivateSubnet2/RouteTableAssociation", tableMember, refTo("SubnetId", vpc, "", ""), "want a subnet and a route table", ""},
	{"route-table-used", ":PrivateSubnet2/RouteTableAssociation", tableMember, drop, "no subnet uses", "AWS::EC2::RouteTable:PrivateSubnet2"},
	{"route-target", ":PrivateSubnet2/DefaultRoute", route, refTo("NatGatewayId", "AWS::EC2::InternetGateway", "", ""), "which is an AWS::EC2::InternetGateway", ""},
	{"route-target", ":PrivateSubnet2/DefaultRoute", route, set("NatGatewayId", nil), "has 0 targets", ""},
	{"route-target", ":PrivateSubnet2/DefaultRoute", route, refTo("RouteTableId", vpc, "", ""), "want a route table", ""},
	{"route-destination", ":PrivateSubnet2/DefaultRoute", route, set("DestinationCidrBlock", "0.0.0.0"), "want a CIDR", ""},
	{"route-destination", ":PrivateSubnet2/DefaultRoute", route, twin, "two routes to 0.0.0.0/0", ""},
	{"route-gateway-attached", ":PublicSubnet2/DefaultRoute", route, loose, "before the internet gateway is attached", ""},
	{"route-gateway-attached", "", "AWS::EC2::VPCGatewayAttachment", drop, "not attached to a VPC", "AWS::EC2::InternetGateway"},
}

func TestNearNamesAreSuggested(t *testing.T) {
	require.Equal(t, "ecr.api", near("ecr.apii", knownServices))
	require.Equal(t, "", near("ecr.api", knownServices))
	require.Equal(t, "", near("something-else", knownServices))
}

func TestTextOfIntrinsics(t *testing.T) {
	s := &assembly.Stack{ID: "a", Name: "a", Region: "cn-north-1", Resources: map[string]*assembly.Resource{}}
	s.Resources["Key"] = &assembly.Resource{Stack: s, LogicalID: "Key", Type: "AWS::KMS::Key"}
	s.Resources["Images"] = &assembly.Resource{Stack: s, LogicalID: "Images", Type: "AWS::ECR::Repository", Properties: map[string]any{"RepositoryName": "app"}}
	v := &review{assembly: &assembly.Assembly{Stacks: []*assembly.Stack{s}}}
	for want, value := range map[string]any{
		"arn:aws-cn:x:${AWS::AccountId}": map[string]any{"Fn::Join": []any{"", []any{"arn:", ref("AWS::Partition"), ":x:", ref("AWS::AccountId")}}},
		"${Key.Arn}/app":                 map[string]any{"Fn::Sub": "${Key.Arn}/${Images}"},
		"4.5":                            4.5,
		"${Fn::Select Key}":              map[string]any{"Fn::Select": []any{0.0, map[string]any{"Fn::Split": []any{":", attribute("Key", "Arn")}}}},
	} {
		require.Equal(t, want, v.text(s, value))
	}
}
