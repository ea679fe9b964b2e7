package rules

import (
	"gitops-eks/test/gates/assembly"
)

// natRules are about NAT gateways.
// https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
var natRules = []rule{
	{"nat-public-subnet", each(natSubnet, "AWS::EC2::NatGateway")},
	{"nat-address", each(natAddress, "AWS::EC2::NatGateway")},
	{"nat-order", each(natOrder, "AWS::EC2::NatGateway")},
	{"nat-used", each(natUsed, "AWS::EC2::NatGateway")},
	{"nat-zone", each(natZone, "AWS::EC2::Subnet")},
	{"nat-vpc", each(natVpc, "AWS::EC2::Route")},
}

// natSubnet wants a NAT gateway where it reaches the internet itself.
func natSubnet(v *review, r *assembly.Resource) {
	const fix = "put it into a public subnet, whose route 0.0.0.0/0 leads to the internet gateway"
	subnet := v.target(r.Stack, r.Get("SubnetId"))
	switch {
	case subnet == nil || subnet.Type != "AWS::EC2::Subnet":
		v.wrong(r, fix, "SubnetId is %s, want a subnet of the stack", shown(v.text(r.Stack, r.Get("SubnetId"))))
	case v.way(subnet) != public:
		v.wrong(r, fix, "the NAT gateway is in the subnet %s, which has no route to the internet gateway: nothing behind it reaches the internet", subnet.LogicalID)
	}
	if kind := v.text(r.Stack, r.Get("ConnectivityType")); kind != "" && kind != "public" {
		v.wrong(r, "set ConnectivityType to public", "ConnectivityType is %s: the internet is not reached through it", shown(kind))
	}
}

// natAddress wants an elastic IP that no other has.
func natAddress(v *review, r *assembly.Resource) {
	address := v.target(r.Stack, r.Get("AllocationId"))
	if address == nil || address.Type != "AWS::EC2::EIP" {
		if text := v.text(r.Stack, r.Get("AllocationId")); address != nil || len(text) < 9 || text[:9] != "eipalloc-" {
			v.wrong(r, "refer to the AllocationId of an AWS::EC2::EIP", "AllocationId is %s, want that of an elastic IP", shown(text))
		}
		return
	}
	for _, other := range r.Stack.All("AWS::EC2::NatGateway") {
		if other != r && v.target(other.Stack, other.Get("AllocationId")) == address {
			v.wrong(r, "give each NAT gateway an AWS::EC2::EIP of its own", "the elastic IP %s is also that of %s, an address serves one", address.LogicalID, other.LogicalID)
		}
	}
}

// natOrder wants the way to the internet first: a NAT gateway in use before it
// drops what the first instances send, and its deletion would strand the rest.
func natOrder(v *review, r *assembly.Resource) {
	subnet := v.target(r.Stack, r.Get("SubnetId"))
	if subnet == nil {
		return
	}
	if route := v.defaultRoute(subnet); route != nil && !after(r, route) {
		v.wrong(r, "add DependsOn "+route.LogicalID, "the NAT gateway may be made before its subnet's route to the internet, %s", route.LogicalID)
	}
	for _, a := range v.associations(subnet) {
		if !after(r, a) {
			v.wrong(r, "add DependsOn "+a.LogicalID, "the NAT gateway may be made before its subnet has its route table, %s", a.LogicalID)
		}
	}
}

func natUsed(v *review, r *assembly.Resource) {
	for _, route := range v.assembly.All("AWS::EC2::Route") {
		if v.target(route.Stack, route.Get("NatGatewayId")) == r {
			return
		}
	}
	v.wrong(r, "route a private subnet to it, or remove it", "no route leads to the NAT gateway, which costs by the hour")
}

// natZone wants a subnet to use the NAT gateway of its own zone when there is
// one: the loss of another zone must not cut it off.
func natZone(v *review, r *assembly.Resource) {
	route := v.defaultRoute(r)
	if route == nil {
		return
	}
	gateway := v.target(route.Stack, route.Get("NatGatewayId"))
	if gateway == nil || zone(r) == "" {
		return
	}
	if home := v.target(gateway.Stack, gateway.Get("SubnetId")); home == nil || zone(home) == zone(r) {
		return
	}
	for _, other := range r.Stack.All("AWS::EC2::NatGateway") {
		home := v.target(other.Stack, other.Get("SubnetId"))
		if home != nil && zone(home) == zone(r) && v.vpcID(home) == v.vpcID(r) {
			v.wrong(route, "route it to "+other.LogicalID, "the subnet %s goes out through the NAT gateway %s of another zone, its own zone has %s",
				r.LogicalID, gateway.LogicalID, other.LogicalID)
		}
	}
}

// natVpc wants a route to lead to a NAT gateway of the same VPC.
func natVpc(v *review, r *assembly.Resource) {
	gateway, table := v.target(r.Stack, r.Get("NatGatewayId")), v.target(r.Stack, r.Get("RouteTableId"))
	if gateway == nil || table == nil {
		return
	}
	if subnet := v.target(gateway.Stack, gateway.Get("SubnetId")); subnet != nil && v.vpcID(subnet) != v.vpcID(table) {
		v.wrong(r, "use a NAT gateway of the same VPC", "the NAT gateway %s is in another VPC", gateway.LogicalID)
	}
}
