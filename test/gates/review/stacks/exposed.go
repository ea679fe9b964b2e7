package stacks

import (
	"fmt"
	"slices"
	"strings"
)

// paths are types that by themselves join the network to another one.
var paths = map[string]string{
	"AWS::EC2::VPCPeeringConnection":     "joins the VPC to another one",
	"AWS::EC2::TransitGatewayAttachment": "joins the VPC to a transit gateway",
	"AWS::EC2::VPNGateway":               "joins the VPC to a private network elsewhere",
	"AWS::Lambda::Url":                   "makes a function reachable by a URL",
	"AWS::EKS::AccessEntry":              "gives somebody access to the cluster",
	"AWS::EKS::PodIdentityAssociation":   "gives a role to pods",
}

// exposed says what a resource opens by its properties.
func (c *comparison) exposed(d *delta) []string {
	var said []string
	if what := paths[d.head.Type]; what != "" && c.known(d) {
		if d.old == nil {
			said = append(said, what+": "+whom(d))
		} else if d.Properties["PrincipalArn"]+d.Properties["AccessPolicies"]+d.Properties["RoleArn"]+d.Properties["AuthType"] != "" {
			said = append(said, what+", another than before: "+whom(d))
		}
	}
	if d.head.Type == "AWS::EC2::Route" && c.known(d) && opensRoute(d) {
		said = append(said, fmt.Sprintf("sends %v to an internet gateway", d.head.Properties["DestinationCidrBlock"]))
	}
	if d.old == nil {
		return said
	}
	switch d.head.Type {
	case "AWS::EKS::Cluster":
		said = append(said, endpoint(d)...)
	case "AWS::EC2::Subnet":
		if turnedOn(d, "MapPublicIpOnLaunch") {
			said = append(said, "gives what starts in it a public address")
		}
	case "AWS::ECR::Repository":
		if strings.HasPrefix(text(d.old.Get("ImageTagMutability")), "IMMUTABLE") && !strings.HasPrefix(text(d.head.Get("ImageTagMutability")), "IMMUTABLE") {
			said = append(said, "lets tags of images be moved to others")
		}
	case "AWS::S3::Bucket":
		for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			if d.old.Get("PublicAccessBlockConfiguration", block) == true && d.head.Get("PublicAccessBlockConfiguration", block) != true {
				said = append(said, "no longer blocks public access: "+block)
			}
		}
	}
	return said
}

func whom(d *delta) string {
	for _, property := range []string{"PrincipalArn", "RoleArn", "PeerVpcId", "AuthType"} {
		if value, ok := flat(d.head.Properties[property]); ok {
			return value
		}
	}
	return d.name()
}

func opensRoute(d *delta) bool {
	gateway, ok := flat(d.head.Properties["GatewayId"])
	if !ok {
		return false
	}
	if d.old == nil {
		return true
	}
	before, _ := flat(d.old.Properties["GatewayId"])
	return before != gateway || !same(d.old.Properties["DestinationCidrBlock"], d.head.Properties["DestinationCidrBlock"])
}

func turnedOn(d *delta, property string) bool {
	return d.old.Properties[property] != true && d.head.Properties[property] == true
}

// endpoint says how the API server can be reached from more places than before.
// Without a list, a public endpoint is open to the whole internet.
func endpoint(d *delta) []string {
	const config = "ResourcesVpcConfig"
	if d.head.Get(config, "EndpointPublicAccess") != true {
		return nil
	}
	now := cidrs(d.head.Get(config, "PublicAccessCidrs"))
	if d.old.Get(config, "EndpointPublicAccess") != true {
		return []string{"opens the API server to the internet: " + list(now, 6)}
	}
	before := cidrs(d.old.Get(config, "PublicAccessCidrs"))
	var wider []string
	for _, cidr := range now {
		if !slices.ContainsFunc(before, func(known string) bool { return contains(known, cidr) }) {
			wider = append(wider, cidr)
		}
	}
	if len(wider) == 0 {
		return nil
	}
	return []string{"opens the API server to " + list(wider, 6)}
}

func cidrs(value any) []string {
	items, _ := value.([]any)
	var all []string
	for _, item := range items {
		if cidr, ok := flat(item); ok {
			all = append(all, cidr)
		}
	}
	return or(all, "0.0.0.0/0")
}

func text(value any) string {
	s, _ := value.(string)
	return s
}
