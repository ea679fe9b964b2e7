package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// EKS asks for two zones; more than six have no use for one cluster, and no
// room in the VPC, see [Network.PrivateSubnetMask].
const (
	minZones = 2
	maxZones = 6
)

var (
	// regionName is the shape of what [Regions] lists.
	regionName = regexp.MustCompile(`^(eusc|[a-z]{2})(-[a-z]+)+-[0-9]$`)
	// zoneName leaves out local and wavelength zones (us-west-2-lax-1a): EKS
	// has no control plane there.
	zoneName = regexp.MustCompile(`^(eusc|[a-z]{2})(-[a-z]+)+-[0-9][a-z]$`)
)

func checkRegion(s string) (want, fix string) {
	if !regionName.MatchString(s) || slices.Contains(Regions, s) {
		return "", ""
	}
	fix = "choose one of them; one that is newer than this program goes into stacks/config/regions.go"
	if near := nearest(s, Regions); near != "" {
		fix = "did you mean " + show(near) + "? " + fix
	}
	return "a Region that AWS has", fix
}

func subnetID() rule {
	return rule{
		want:    "the id of a subnet, subnet- and 8 to 17 hexadecimal digits",
		pattern: regexp.MustCompile(`^subnet-[0-9a-f]{8,17}$`),
		fix:     lower,
	}
}

// ZoneCount is the number of availability zones, named or not.
func (n Network) ZoneCount() int {
	if len(n.AvailabilityZones) > 0 {
		return len(n.AvailabilityZones)
	}
	return n.AvailabilityZoneCount
}

// Existing tells whether the environment uses a VPC that is there already.
func (n Network) Existing() bool { return n.VPCID != "" }

// together checks that an account and a Region come in pairs: the CDK takes one
// without the other for an environment of its own, without cached zones.
func (v *validator) together(at, account, region string) {
	if !v.ok(at+".account", at+".region") || (account == "") == (region == "") {
		return
	}
	if region == "" {
		v.add(at+".region", nil, "a Region beside the account "+show(account), "add it, or remove account")
		return
	}
	v.add(at+".account", nil, "an account beside the region "+show(region), "add it, or remove region")
}

// network checks what the settings of a VPC ask of each other.
func (v *validator) network(e Environment, at string) {
	n, net := e.Network, at+".network"
	if !v.ok(net + ".vpcId") {
		return
	}
	if n.Existing() {
		v.existingVPC(e, at)
	} else {
		for key, ids := range map[string][]string{"privateSubnetIds": n.PrivateSubnetIDs, "publicSubnetIds": n.PublicSubnetIDs} {
			if len(ids) > 0 {
				v.add(below(net, key), ids, "subnets only beside vpcId", "add vpcId, or remove "+key)
			}
		}
		if len(n.AvailabilityZones) > 0 && n.AvailabilityZoneCount > 0 {
			v.add(net+".availabilityZoneCount", n.AvailabilityZoneCount, "either a count or names of zones", "remove it; availabilityZones has "+show(len(n.AvailabilityZones)))
		}
		most := fewZones[e.Region]
		if most > 0 && n.AvailabilityZoneCount > most && v.ok(at+".region", net+".availabilityZoneCount") {
			v.add(net+".availabilityZoneCount", n.AvailabilityZoneCount, fmt.Sprintf("at most %d, all that EKS runs in in %s", most, e.Region), "use "+show(most))
		}
	}
	v.zones(e, at)
}

// zones checks that the zones are the Region's.
func (v *validator) zones(e Environment, at string) {
	zones := at + ".network.availabilityZones"
	if len(e.Network.AvailabilityZones) == 0 || !v.ok(at+".account", at+".region", at+".network.vpcId") {
		return
	}
	if e.Region == "" {
		v.add(zones, e.Network.AvailabilityZones, "names of zones only beside account and region",
			"add these two to the environment, or use availabilityZoneCount")
		return
	}
	for i, zone := range e.Network.AvailabilityZones {
		if one := item(zones, i); v.ok(one) && zone[:len(zone)-1] != e.Region {
			v.add(one, zone, "a zone of the environment's Region "+e.Region, "use one like "+show(e.Region+zone[len(zone)-1:]))
		}
	}
}

// existingVPC checks that everything is there that a look-up would have to find
// out, and nothing that only a new VPC has.
func (v *validator) existingVPC(e Environment, at string) {
	n, net := e.Network, at+".network"
	for _, f := range []struct {
		key   string
		value any
		set   bool
	}{
		{"cidr", n.CIDR, n.CIDR != ""},
		{"availabilityZoneCount", n.AvailabilityZoneCount, n.AvailabilityZoneCount != 0},
		{"nat", n.NAT, n.NAT != ""},
		{"interfaceEndpoints", n.InterfaceEndpoints, len(n.InterfaceEndpoints) > 0},
	} {
		if f.set {
			v.add(below(net, f.key), f.value, "nothing beside vpcId, the existing VPC has its own", "remove it")
		}
	}
	if v.ok(at+".account", at+".region") && e.Region == "" {
		v.add(net+".vpcId", n.VPCID, "an existing VPC only beside account and region", "add these two to the environment")
	}
	zones, private, public := net+".availabilityZones", net+".privateSubnetIds", net+".publicSubnetIds"
	if v.ok(zones) && len(n.AvailabilityZones) == 0 {
		v.add(zones, nil, "the zones of the subnets beside vpcId", "name them, in the order of privateSubnetIds")
	}
	if v.ok(private) && len(n.PrivateSubnetIDs) == 0 {
		v.add(private, nil, "the private subnets beside vpcId", "give their ids, one in each of availabilityZones")
	}
	want := fmt.Sprintf("one in each of the %d availabilityZones, in the same order", len(n.AvailabilityZones))
	for _, f := range []struct {
		path string
		ids  []string
	}{{private, n.PrivateSubnetIDs}, {public, n.PublicSubnetIDs}} {
		if v.ok(zones, f.path) && len(f.ids) > 0 && len(f.ids) != len(n.AvailabilityZones) {
			v.add(f.path, f.ids, want, "give "+show(len(n.AvailabilityZones))+" ids")
		}
	}
}

// partitions checks that an environment can be reached from the delivery stack:
// no role, no pull and no reference crosses from one partition to another.
func (v *validator) partitions(e Environment, at string) {
	delivery := PartitionOf(v.platform.Delivery.Region)
	if e.Region == "" || v.platform.Delivery.Region == "" || !v.ok(at+".region", root+".delivery.region") {
		return
	}
	if own := PartitionOf(e.Region); own != delivery {
		v.add(at+".region", e.Region, "a Region of the same partition as delivery's, "+v.platform.Delivery.Region+": nothing reaches from one into another",
			"keep settings of its own for each partition, or move delivery")
	}
}

// PartitionOf is the first part of the ARNs of a Region, "" when not known.
func PartitionOf(region string) string {
	for _, p := range []struct{ prefix, partition string }{
		{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"eusc-", "aws-eusc"},
	} {
		if strings.HasPrefix(region, p.prefix) {
			return p.partition
		}
	}
	if strings.Contains(region, "-iso") {
		return ""
	}
	return "aws"
}
