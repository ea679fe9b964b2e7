package config

import (
	"fmt"
	"net/netip"
	"regexp"
)

// A VPC takes a /16 at most, and below /18 the private subnets are too small
// for pods that have addresses of the VPC each.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
const (
	largestVPC  = 16
	smallestVPC = 18
)

// cidrShape is for editors; netip knows better.
var cidrShape = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$`)

// privateRanges are what a VPC may be of: RFC 1918, and the shared address space
// of RFC 6598. Public ranges work in AWS, and cut off whoever owns them.
var privateRanges = prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")

// unroutable are ranges that nobody on the internet has, and that EKS does not
// take for a public endpoint.
var unroutable = append(prefixes("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"), privateRanges...)

func prefixes(cidrs ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(cidrs))
	for i, c := range cidrs {
		parsed[i] = netip.MustParsePrefix(c)
	}
	return parsed
}

// PrivateSubnetMask is the prefix length of each private subnet of a new VPC:
// an eighth of it, a /19 of a /16. Six of them, one in each of the most zones
// that are allowed, leave two eighths to the public ones.
func (n Network) PrivateSubnetMask() int {
	p, err := netip.ParsePrefix(n.CIDR)
	if err != nil {
		return 0
	}
	return p.Bits() + 3
}

// PublicSubnetMask is the prefix length of each public subnet of a new VPC.
// Only load balancers and NAT gateways are in there: 251 addresses are plenty.
func (n Network) PublicSubnetMask() int { return 24 }

// checkVPCCIDR checks the range of a new VPC. There is no check against EKS'
// ranges for services: EKS takes 10.100.0.0/16 or 172.20.0.0/16, whichever the
// VPC leaves free, and a VPC of /16 at most cannot cover both.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html
func checkVPCCIDR(s string) (want, fix string) {
	p, want, fix := canonical(s)
	if want != "" {
		return want, fix
	}
	if !inside(p, privateRanges) {
		return "a private range: of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10", `use one like "10.0.0.0/16"`
	}
	if p.Bits() < largestVPC || p.Bits() > smallestVPC {
		other := netip.PrefixFrom(p.Addr(), min(max(p.Bits(), largestVPC), smallestVPC)).Masked()
		return fmt.Sprintf("a prefix length of %d to %d: a VPC is no larger, and a smaller one leaves too few addresses to the pods",
			largestVPC, smallestVPC), "use one like " + show(other.String())
	}
	return "", ""
}

// checkPublicCIDR checks a range that may reach a public endpoint.
func checkPublicCIDR(s string) (want, fix string) {
	p, want, fix := canonical(s)
	switch {
	case want != "":
		return want, fix
	case p.Bits() == 0:
		return "not the whole internet", "give the ranges that your people and runners come from, such as that of a VPN; " +
			"Flux pulls, and needs none"
	case p.Bits() < 8:
		return "an IPv4 CIDR of /8 to /32", "split it, or give the ranges that are really yours"
	case inside(p, unroutable):
		return "a range of the internet: EKS refuses private ones here", "remove it; inside the VPC the private endpoint is always open"
	}
	return "", ""
}

// canonical parses an IPv4 CIDR without host bits: AWS drops those silently,
// and the range is not the one that was meant, or CloudFormation sees a drift.
func canonical(s string) (p netip.Prefix, want, fix string) {
	const allowed = "an IPv4 CIDR such as 10.0.0.0/16"
	if a, err := netip.ParseAddr(s); err == nil && a.Is4() {
		return p, allowed, "add a prefix length, as in " + show(s+"/32")
	}
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return p, allowed, "change it"
	case !p.Addr().Is4():
		return p, allowed, "use an IPv4 range"
	case p != p.Masked():
		return p, "a network address without host bits", "use " + show(p.Masked().String())
	case p.String() != s:
		return p, allowed, "use " + show(p.String())
	}
	return p, "", ""
}

// inside tells whether one of the ranges holds the whole prefix.
func inside(p netip.Prefix, ranges []netip.Prefix) bool {
	for _, r := range ranges {
		if r.Bits() <= p.Bits() && r.Contains(p.Addr()) {
			return true
		}
	}
	return false
}

// overlaps checks that no two environments' VPCs share addresses: they could
// never be peered, nor reached from one VPN.
func (v *validator) overlaps() {
	type taken struct {
		name   string
		prefix netip.Prefix
	}
	if v.reported[root+".environments"] {
		return // too many, and each is compared with each
	}
	var earlier []taken
	for i, e := range v.platform.Environments {
		at := item(root+".environments", i) + ".network.cidr"
		p, err := netip.ParsePrefix(e.Network.CIDR)
		if err != nil || !v.ok(at, item(root+".environments", i)+".network.vpcId") {
			continue
		}
		for _, o := range earlier {
			if o.prefix.Overlaps(p) {
				fix := "choose another range"
				if free, ok := v.freeCIDR(); ok {
					fix = "use a free one, such as " + show(free)
				}
				v.add(at, e.Network.CIDR, fmt.Sprintf("a range that no other environment has, and %s has %s", show(o.name), show(o.prefix.String())), fix)
				break
			}
		}
		earlier = append(earlier, taken{e.Name, p})
	}
}

// freeCIDR finds the first 10.x.0.0/16 that no environment uses.
func (v *validator) freeCIDR() (string, bool) {
next:
	for x := range maxEnvironments {
		free := netip.MustParsePrefix(fmt.Sprintf("10.%d.0.0/16", x))
		for _, e := range v.platform.Environments {
			if p, err := netip.ParsePrefix(e.Network.CIDR); err == nil && p.Overlaps(free) {
				continue next
			}
		}
		return free.String(), true
	}
	return "", false
}
