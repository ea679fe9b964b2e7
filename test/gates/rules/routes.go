package rules

import (
	"net/netip"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// routeRules are about the ways out of a VPC.
var routeRules = []rule{
	{"subnet-route-table", each(subnetRouteTable, "AWS::EC2::Subnet")},
	{"route-table-association", each(association, "AWS::EC2::SubnetRouteTableAssociation")},
	{"route-table-used", each(routeTableUsed, "AWS::EC2::RouteTable")},
	{"route-target", each(routeTarget, "AWS::EC2::Route")},
	{"route-destination", each(routeDestination, "AWS::EC2::Route")},
	{"route-gateway-attached", each(gatewayAttached, "AWS::EC2::Route")},
}

// routeTable is the one of a subnet, nil when it has none of its own.
func (v *review) routeTable(subnet *assembly.Resource) *assembly.Resource {
	for _, a := range v.associations(subnet) {
		return v.target(a.Stack, a.Get("RouteTableId"))
	}
	return nil
}

func (v *review) associations(subnet *assembly.Resource) []*assembly.Resource {
	return slices.DeleteFunc(v.assembly.All("AWS::EC2::SubnetRouteTableAssociation"), func(a *assembly.Resource) bool {
		return v.target(a.Stack, a.Get("SubnetId")) != subnet
	})
}

// defaultRoute of a subnet, nil when it has none.
func (v *review) defaultRoute(subnet *assembly.Resource) *assembly.Resource {
	table := v.routeTable(subnet)
	for _, route := range v.assembly.All("AWS::EC2::Route") {
		if table != nil && v.target(route.Stack, route.Get("RouteTableId")) == table && v.text(route.Stack, route.Get("DestinationCidrBlock")) == "0.0.0.0/0" {
			return route
		}
	}
	return nil
}

// way is where a subnet's default route leads.
func (v *review) way(subnet *assembly.Resource) kind {
	route := v.defaultRoute(subnet)
	switch {
	case v.routeTable(subnet) == nil:
		return unknown
	case route == nil:
		return isolated
	case route.Get("GatewayId") != nil:
		return public
	case route.Get("NatGatewayId") != nil:
		return private
	}
	return unknown // a transit gateway or a firewall: whoever made it knows
}

// subnetRouteTable wants one: without, the VPC's main table holds, which has no way out.
func subnetRouteTable(v *review, r *assembly.Resource) {
	switch n := len(v.associations(r)); {
	case n == 0:
		v.wrong(r, "add an AWS::EC2::SubnetRouteTableAssociation with the subnet's route table",
			"the subnet has no route table: the VPC's main one holds, which leads nowhere")
	case n > 1:
		v.wrong(r, "keep one AWS::EC2::SubnetRouteTableAssociation", "the subnet has %d route tables, it can have one", n)
	}
}

func association(v *review, r *assembly.Resource) {
	subnet, table := v.target(r.Stack, r.Get("SubnetId")), v.target(r.Stack, r.Get("RouteTableId"))
	if subnet == nil || subnet.Type != "AWS::EC2::Subnet" || table == nil || table.Type != "AWS::EC2::RouteTable" {
		v.wrong(r, "refer to a subnet and a route table of the stack", "SubnetId is %s and RouteTableId is %s, want a subnet and a route table",
			shown(v.text(r.Stack, r.Get("SubnetId"))), shown(v.text(r.Stack, r.Get("RouteTableId"))))
		return
	}
	if v.vpcID(subnet) != v.vpcID(table) {
		v.wrong(r, "use a route table of the subnet's VPC", "the subnet %s and the route table %s are of different VPCs", subnet.LogicalID, table.LogicalID)
	}
}

// routeTableUsed finds the table that a wrong association has left alone.
func routeTableUsed(v *review, r *assembly.Resource) {
	for _, a := range v.assembly.All("AWS::EC2::SubnetRouteTableAssociation") {
		if v.target(a.Stack, a.Get("RouteTableId")) == r {
			return
		}
	}
	v.wrong(r, "associate it with its subnet, or remove it", "no subnet uses the route table")
}

// routeTarget wants each route to lead to one thing of the right type.
func routeTarget(v *review, r *assembly.Resource) {
	types := map[string][]string{
		"GatewayId":                   {"AWS::EC2::InternetGateway", "AWS::EC2::VPNGateway"},
		"NatGatewayId":                {"AWS::EC2::NatGateway"},
		"EgressOnlyInternetGatewayId": {"AWS::EC2::EgressOnlyInternetGateway"},
		"TransitGatewayId":            {"AWS::EC2::TransitGateway"},
		"VpcPeeringConnectionId":      {"AWS::EC2::VPCPeeringConnection"},
		"VpcEndpointId":               {"AWS::EC2::VPCEndpoint"},
		"NetworkInterfaceId":          {"AWS::EC2::NetworkInterface"},
		"InstanceId":                  {"AWS::EC2::Instance"},
	}
	var has []string
	for property, value := range r.Properties {
		want := types[property]
		if want == nil {
			continue
		}
		has = append(has, property)
		if target := v.target(r.Stack, value); target != nil && !slices.Contains(want, target.Type) {
			v.wrong(r, "refer to an "+want[0], "%s refers to %s, which is an %s, want an %s", property, target.LogicalID, target.Type, want[0])
		}
	}
	slices.Sort(has)
	if len(has) != 1 {
		v.wrong(r, "set one of GatewayId and NatGatewayId", "the route has %d targets (%s), want one", len(has), strings.Join(has, ", "))
	}
	if table := v.target(r.Stack, r.Get("RouteTableId")); table == nil || table.Type != "AWS::EC2::RouteTable" {
		v.wrong(r, "refer to a route table of the stack", "RouteTableId is %s, want a route table", shown(v.text(r.Stack, r.Get("RouteTableId"))))
	}
}

// routeDestination wants a CIDR that its table does not have twice.
func routeDestination(v *review, r *assembly.Resource) {
	text := v.text(r.Stack, r.Get("DestinationCidrBlock"))
	if text == "" {
		return // IPv6 and prefix lists
	}
	if prefix, err := netip.ParsePrefix(text); err != nil || prefix != prefix.Masked() {
		v.wrong(r, "write a CIDR such as 0.0.0.0/0", "DestinationCidrBlock is %s, want a CIDR that starts at its network's first address", shown(text))
	}
	table := v.target(r.Stack, r.Get("RouteTableId"))
	for _, other := range r.Stack.All("AWS::EC2::Route") {
		if other != r && table != nil && v.target(other.Stack, other.Get("RouteTableId")) == table &&
			v.text(other.Stack, other.Get("DestinationCidrBlock")) == text {
			v.wrong(r, "keep one of the two", "the route table %s has two routes to %s, the other is %s", table.LogicalID, text, other.LogicalID)
		}
	}
}

// gatewayAttached wants an internet gateway to be attached to the VPC of the
// route table, and before the route is made: AWS refuses it otherwise.
func gatewayAttached(v *review, r *assembly.Resource) {
	gateway, table := v.target(r.Stack, r.Get("GatewayId")), v.target(r.Stack, r.Get("RouteTableId"))
	if gateway == nil || gateway.Type != "AWS::EC2::InternetGateway" || table == nil {
		return
	}
	for _, a := range r.Stack.All("AWS::EC2::VPCGatewayAttachment") {
		if v.target(a.Stack, a.Get("InternetGatewayId")) != gateway {
			continue
		}
		if v.vpcID(a) != v.vpcID(table) {
			v.wrong(a, "attach it to the VPC of the route table "+table.LogicalID, "the internet gateway %s is attached to another VPC than its route %s is of", gateway.LogicalID, r.LogicalID)
		}
		if !after(r, a) {
			v.wrong(r, "add DependsOn "+a.LogicalID, "the route may be made before the internet gateway is attached (%s), which AWS refuses", a.LogicalID)
		}
		return
	}
	v.wrong(gateway, "add an AWS::EC2::VPCGatewayAttachment", "the internet gateway is not attached to a VPC, but the route %s leads to it", r.LogicalID)
}
