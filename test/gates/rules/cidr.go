package rules

import (
	"fmt"
	"net/netip"

	"gitops-eks/test/gates/assembly"
)

// cidrRules are about address ranges.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
var cidrRules = []rule{
	{"vpc-cidr", each(vpcRange, "AWS::EC2::VPC")},
	{"vpc-overlap", vpcOverlap},
	{"subnet-cidr", each(subnetRange, "AWS::EC2::Subnet")},
	{"subnet-overlap", each(subnetOverlap, "AWS::EC2::Subnet")},
}

// sharedRange is for addresses behind a carrier's NAT; a VPC may have it, too.
var sharedRange = netip.MustParsePrefix("100.64.0.0/10")

// parsePrefix takes a CIDR whose address is the first of its network, as AWS does.
func parsePrefix(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no CIDR", text)
	}
	if prefix != prefix.Masked() {
		return netip.Prefix{}, fmt.Errorf("%q is not the start of its network, which is %s", text, prefix.Masked())
	}
	return prefix, nil
}

func internal(prefix netip.Prefix) bool {
	return prefix.Addr().IsPrivate() || sharedRange.Contains(prefix.Addr())
}

// prefixOf is the range of a VPC or a subnet, and whether it is known and valid.
func (v *review) prefixOf(r *assembly.Resource) (netip.Prefix, bool) {
	prefix, err := parsePrefix(v.text(r.Stack, r.Get("CidrBlock")))
	return prefix, err == nil
}

// prefixOfAny is prefixOf for a resource that may be missing.
func (v *review) prefixOfAny(r *assembly.Resource) (netip.Prefix, bool) {
	if r == nil {
		return netip.Prefix{}, false
	}
	return v.prefixOf(r)
}

// literal says whether the range is written out; Fn::Cidr and IPAM are not.
func literal(r *assembly.Resource) bool {
	_, ok := r.Get("CidrBlock").(string)
	return ok
}

func vpcRange(v *review, r *assembly.Resource) {
	if !literal(r) {
		if r.Get("CidrBlock") == nil && r.Get("Ipv4IpamPoolId") == nil {
			v.wrong(r, "set CidrBlock to a private CIDR such as 10.0.0.0/16", "CidrBlock is not set")
		}
		return
	}
	prefix, err := parsePrefix(v.text(r.Stack, r.Get("CidrBlock")))
	switch {
	case err != nil:
		v.wrong(r, "write a private CIDR such as 10.0.0.0/16", "CidrBlock: %v", err)
	case prefix.Bits() < 16 || prefix.Bits() > 28:
		v.wrong(r, "use a CIDR of /16 to /28, for a cluster /18 or wider", "CidrBlock is %s, a VPC takes /16 to /28", prefix)
	case !internal(prefix):
		v.wrong(r, "use a range of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
			"CidrBlock is %s, which is not private: what owns these addresses in the internet cannot be reached", prefix)
	}
}

// vpcOverlap wants the environments' VPCs apart, so that they can be connected.
func vpcOverlap(v *review) {
	vpcs := v.assembly.All("AWS::EC2::VPC")
	for i, a := range vpcs {
		for _, b := range vpcs[:i] {
			first, ok := v.prefixOf(a)
			second, known := v.prefixOf(b)
			if ok && known && first.Overlaps(second) {
				v.wrong(a, "give each environment a network.cidr of its own",
					"CidrBlock %s overlaps %s of the VPC %s/%s: the two can never be connected", first, second, b.Stack.ID, b.LogicalID)
			}
		}
	}
}

func subnetRange(v *review, r *assembly.Resource) {
	if !literal(r) {
		if r.Get("CidrBlock") == nil && !isTrue(r.Get("Ipv6Native")) && r.Get("Ipv4IpamPoolId") == nil {
			v.wrong(r, "set CidrBlock to a range of the VPC", "CidrBlock is not set")
		}
		return
	}
	prefix, err := parsePrefix(v.text(r.Stack, r.Get("CidrBlock")))
	if err != nil {
		v.wrong(r, "write a CIDR inside the VPC's", "CidrBlock: %v", err)
		return
	}
	if prefix.Bits() > 28 || prefix.Bits() < 16 {
		v.wrong(r, "use a CIDR of /16 to /28", "CidrBlock is %s, a subnet takes /16 to /28", prefix)
	}
	vpc := v.target(r.Stack, r.Get("VpcId"))
	if vpc == nil || vpc.Type != "AWS::EC2::VPC" {
		v.wrong(r, "refer to the VPC of the stack", "VpcId is %s, want a VPC of this assembly", shown(v.text(r.Stack, r.Get("VpcId"))))
		return
	}
	if network, ok := v.prefixOf(vpc); ok && (!network.Contains(prefix.Addr()) || prefix.Bits() < network.Bits()) {
		v.wrong(r, fmt.Sprintf("choose a CIDR inside %s", network), "CidrBlock %s is not inside %s of the VPC %s", prefix, network, vpc.LogicalID)
	}
}

func subnetOverlap(v *review, r *assembly.Resource) {
	mine, ok := v.prefixOf(r)
	if !ok {
		return
	}
	for _, other := range r.Stack.All("AWS::EC2::Subnet") {
		if other == r || v.vpcID(other) != v.vpcID(r) {
			continue
		}
		if its, ok := v.prefixOf(other); ok && mine.Overlaps(its) {
			v.wrong(r, "give each subnet a range of its own", "CidrBlock %s overlaps %s of the subnet %s", mine, its, other.LogicalID)
		}
	}
}
