package test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

const (
	publicTag  = "kubernetes.io/role/elb"
	privateTag = "kubernetes.io/role/internal-elb"
)

// subnets are the subnets with a load balancer's role tag.
func subnets(s *template, tag string) (found []*resource) {
	for _, subnet := range s.all("AWS::EC2::Subnet") {
		if subnet.tags()[tag] == "1" {
			found = append(found, subnet)
		}
	}
	return found
}

// Load balancers find their subnets by tags: each subnet has the one of its side only.
func TestLoadBalancersFindTheirSubnets(t *testing.T) {
	eachEnvironment(t, "network", func(t *testing.T, e *config.Environment, s *template) {
		public, private := subnets(s, publicTag), subnets(s, privateTag)
		require.Len(t, public, e.Network.ZoneCount())
		require.Len(t, private, e.Network.ZoneCount())
		require.Len(t, s.all("AWS::EC2::Subnet"), len(public)+len(private), "no subnet has both tags or none")
		for _, subnet := range public {
			require.True(t, reaches(s, subnet, "GatewayId"), "%s has no way to the internet", subnet.path)
		}
		for _, subnet := range private {
			require.False(t, reaches(s, subnet, "GatewayId"), "%s is open to the internet", subnet.path)
		}
	})
}

// reaches tells whether a subnet has a default route by a target.
func reaches(s *template, subnet *resource, target string) bool {
	return len(defaultRoutes(s, subnet, target)) > 0
}

func defaultRoutes(s *template, subnet *resource, target string) (routes []*resource) {
	for _, association := range s.all("AWS::EC2::SubnetRouteTableAssociation") {
		if !refersTo(association.get("SubnetId"), subnet) {
			continue
		}
		for _, route := range s.all("AWS::EC2::Route") {
			if route.get("DestinationCidrBlock") == "0.0.0.0/0" && route.get(target) != nil &&
				text(route.get("RouteTableId")) == text(association.get("RouteTableId")) {
				routes = append(routes, route)
			}
		}
	}
	return routes
}

// Pods take their addresses from the private subnets: /19 or larger of a /16.
func TestPrivateSubnetsHaveRoomForPods(t *testing.T) {
	eachEnvironment(t, "network", func(t *testing.T, e *config.Environment, s *template) {
		vpc := netip.MustParsePrefix(s.one(t, "AWS::EC2::VPC").get("CidrBlock").(string))
		require.Equal(t, e.Network.CIDR, vpc.String())
		require.Equal(t, 16, vpc.Bits(), "this test is for a /16")
		for _, subnet := range subnets(s, privateTag) {
			cidr := netip.MustParsePrefix(subnet.get("CidrBlock").(string))
			require.LessOrEqual(t, cidr.Bits(), 19, subnet.path)
		}
		var taken []netip.Prefix
		for _, subnet := range s.all("AWS::EC2::Subnet") {
			cidr := netip.MustParsePrefix(subnet.get("CidrBlock").(string))
			require.True(t, vpc.Contains(cidr.Addr()), subnet.path)
			require.False(t, slices.ContainsFunc(taken, cidr.Overlaps), "%s overlaps", subnet.path)
			taken = append(taken, cidr)
		}
	})
}

// Each side has one subnet in each zone, and the zones are those of the
// settings: as many as asked for, or by name.
func TestZonesComeFromSettings(t *testing.T) {
	eachEnvironment(t, "network", func(t *testing.T, e *config.Environment, s *template) {
		for _, tag := range []string{publicTag, privateTag} {
			var zones []string
			for _, subnet := range subnets(s, tag) {
				zones = append(zones, s.render(subnet.get("AvailabilityZone")))
			}
			if names := e.Network.AvailabilityZones; len(names) > 0 {
				require.Equal(t, names, zones)
				continue
			}
			require.GreaterOrEqual(t, len(zones), 2, "EKS needs two zones")
			require.Len(t, slices.Compact(slices.Sorted(slices.Values(zones))), e.Network.AvailabilityZoneCount)
			chosen := s.one(t, "Custom::AvailabilityZones")
			for i, zone := range zones {
				require.Equal(t, fmt.Sprintf("${%s.Zone%d}", chosen.path, i+1), zone)
			}
			require.EqualValues(t, e.Network.AvailabilityZoneCount, chosen.get("Count"))
		}
	})
}

// CloudFormation's own list has zones where EKS does not run, and is another
// one for each account, and another day.
func TestNoZonesOfCloudFormation(t *testing.T) {
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		require.NotContains(t, text(s.body), "Fn::GetAZs")
	})
}

// us-west-1 shows two zones to an account that asks for three.
func TestDefaultZonesAreThereInEachRegion(t *testing.T) {
	for region, want := range map[string]int{"us-west-1": 2, "us-east-1": 3} {
		platform := edited(t, "default", func(p *config.Platform) {
			p.Environments[0].Account, p.Environments[0].Region = "111111111111", region
			p.Environments[0].Network.AvailabilityZoneCount = 0
		})
		require.Equal(t, want, platform.Environments[0].Network.ZoneCount(), region)
	}
}

// The CDK answers a question that it cannot answer with zones that do not
// exist, and goes on.
func TestNothingIsLeftToLookUp(t *testing.T) {
	for _, variant := range variants(t) {
		a := synth(t, variant)
		require.NotContains(t, a.manifest(t), `"missing"`, variant)
		for _, s := range a.stacks {
			require.NotContains(t, text(s.body), "dummy", "%s/%s", variant, s.name)
		}
	}
}

func TestNATGatewaysFollowSettings(t *testing.T) {
	eachEnvironment(t, "network", func(t *testing.T, e *config.Environment, s *template) {
		gateways := s.all("AWS::EC2::NatGateway")
		want := map[config.NAT]int{config.NATNone: 0, config.NATSingle: 1, config.NATPerAZ: e.Network.ZoneCount()}
		require.Len(t, gateways, want[e.Network.NAT])
		used := map[string]bool{}
		for _, subnet := range subnets(s, privateTag) {
			routes := defaultRoutes(s, subnet, "NatGatewayId")
			require.Equal(t, e.Network.NAT != config.NATNone, len(routes) == 1, subnet.path)
			for _, route := range routes {
				gateway := s.byID(t, references(route.get("NatGatewayId"))[0])
				used[gateway.path] = true
				if e.Network.NAT == config.NATPerAZ {
					home := s.byID(t, references(gateway.get("SubnetId"))[0])
					require.Equal(t, home.get("AvailabilityZone"), subnet.get("AvailabilityZone"), "the way out of a zone is in the zone itself")
				}
			}
		}
		require.Len(t, used, len(gateways), "each gateway is used")
		for _, gateway := range gateways {
			require.True(t, slices.ContainsFunc(subnets(s, publicTag), func(subnet *resource) bool {
				return refersTo(gateway.get("SubnetId"), subnet)
			}), "%s is in no public subnet", gateway.path)
		}
	})
}

// Image layers come from S3: without its gateway they would cross the NAT
// gateway, or not arrive at all.
func TestEverySubnetReachesS3ByItsGateway(t *testing.T) {
	eachEnvironment(t, "network", func(t *testing.T, _ *config.Environment, s *template) {
		var gateways []*resource
		for _, endpoint := range s.all("AWS::EC2::VPCEndpoint") {
			if endpoint.get("VpcEndpointType") == "Gateway" {
				gateways = append(gateways, endpoint)
			}
		}
		require.Len(t, gateways, 1)
		require.True(t, strings.HasSuffix(s.render(gateways[0].get("ServiceName")), ".s3"))
		for _, table := range s.all("AWS::EC2::RouteTable") {
			require.True(t, refersTo(gateways[0].get("RouteTableIds"), table), table.path)
		}
	})
}

// Where there is no other way out, the gateway is none either: what passes are
// image layers, the answers of the handlers in the VPC, and the account's own buckets.
func TestS3IsNoWayOut(t *testing.T) {
	limited := 0
	eachEnvironment(t, "network", func(t *testing.T, e *config.Environment, s *template) {
		for _, endpoint := range s.all("AWS::EC2::VPCEndpoint") {
			if endpoint.get("VpcEndpointType") != "Gateway" {
				continue
			}
			require.Equal(t, e.Network.NAT == config.NATNone, endpoint.get("PolicyDocument") != nil, endpoint.path)
			passes := map[string]string{}
			for _, statement := range s.statements(endpoint.get("PolicyDocument")) {
				limited++
				require.Equal(t, "Allow", statement.effect)
				require.Len(t, statement.actions, 1)
				require.Len(t, statement.resources, 1)
				passes[statement.actions[0]] = statement.resources[0]
				if statement.resources[0] == "*" {
					require.Contains(t, text(endpoint.get("PolicyDocument")), `"StringEquals":{"s3:ResourceAccount":"111111111111"}`)
				}
			}
			if len(passes) > 0 {
				require.Equal(t, map[string]string{
					"s3:GetObject": "arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*",
					"s3:PutObject": "arn:aws:s3:::cloudformation-custom-resource-response-euwest1/*",
					"s3:*":         "*",
				}, passes)
			}
		}
	})
	require.Positive(t, limited, "no variant is without a way out")
}

// Without NAT they are all that a cluster needs; config knows which.
func TestInterfaceEndpointsFollowSettings(t *testing.T) {
	eachEnvironment(t, "network", func(t *testing.T, e *config.Environment, s *template) {
		var services []string
		for _, endpoint := range s.all("AWS::EC2::VPCEndpoint") {
			if endpoint.get("VpcEndpointType") != "Interface" {
				continue
			}
			region := e.Region
			if region == "" {
				region = "${AWS::Region}"
			}
			service, found := strings.CutPrefix(s.render(endpoint.get("ServiceName")), "com.amazonaws."+region+".")
			require.True(t, found, s.render(endpoint.get("ServiceName")))
			services = append(services, service)
			require.Equal(t, true, endpoint.get("PrivateDnsEnabled"), "%s: clients know the public name only", service)
			for _, subnet := range subnets(s, privateTag) {
				require.True(t, refersTo(endpoint.get("SubnetIds"), subnet), "%s: %s", service, subnet.path)
			}
			require.Len(t, list(endpoint.get("SubnetIds")), e.Network.ZoneCount(), service)
			requireOpenToVPCOnly(t, s, endpoint)
		}
		require.ElementsMatch(t, e.Network.InterfaceEndpoints, services)
	})
}

func requireOpenToVPCOnly(t *testing.T, s *template, endpoint *resource) {
	t.Helper()
	groups := references(endpoint.get("SecurityGroupIds"))
	require.Len(t, groups, 1, endpoint.path)
	rules := list(s.byID(t, groups[0]).get("SecurityGroupIngress"))
	require.Len(t, rules, 1, endpoint.path)
	require.Equal(t, "${Network/Vpc.CidrBlock}", s.render(dig(rules[0], "CidrIp")), endpoint.path)
	require.EqualValues(t, 443, dig(rules[0], "FromPort"), endpoint.path)
	require.EqualValues(t, 443, dig(rules[0], "ToPort"), endpoint.path)
}

func TestAllFlowsAreLogged(t *testing.T) {
	eachEnvironment(t, "network", func(t *testing.T, _ *config.Environment, s *template) {
		flows := s.one(t, "AWS::EC2::FlowLog")
		require.Equal(t, "ALL", flows.get("TrafficType"))
		require.True(t, refersTo(flows.get("ResourceId"), s.one(t, "AWS::EC2::VPC")))
		require.True(t, refersTo(flows.get("LogGroupName"), s.at(t, "AWS::Logs::LogGroup", "Network/Flows")))
	})
}

// Who forgets a security group gets the default one: it lets nothing through.
func TestDefaultSecurityGroupIsClosed(t *testing.T) {
	eachEnvironment(t, "network", func(t *testing.T, _ *config.Environment, s *template) {
		closed := s.one(t, "Custom::VpcRestrictDefaultSG")
		require.Equal(t, "${Network/Vpc.DefaultSecurityGroup}", s.render(closed.get("DefaultSecurityGroupId")))
	})
}

// An address in the internet has who asks for one: a NAT gateway or a load balancer.
func TestNothingGetsAPublicAddressByItself(t *testing.T) {
	eachEnvironment(t, "network", func(t *testing.T, _ *config.Environment, s *template) {
		for _, subnet := range s.all("AWS::EC2::Subnet") {
			require.Equal(t, false, subnet.get("MapPublicIpOnLaunch"), subnet.path)
		}
	})
}

// The existing VPC belongs to somebody else: nothing in it is made or changed.
func TestExistingVPCIsLeftAlone(t *testing.T) {
	a := synth(t, "existing-vpc")
	var names []string
	for _, s := range a.stacks {
		names = append(names, s.name)
		for _, r := range s.resources {
			require.NotContains(t, []string{"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::Route", "AWS::EC2::RouteTable", "AWS::EC2::VPCEndpoint"}, r.kind, r.path)
		}
	}
	require.Equal(t, []string{"app-hello", "delivery", "dev-cluster", "dev-gitops"}, names)
}
