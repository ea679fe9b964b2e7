package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// subnetRules are about a subnet's place and what it says of itself.
var subnetRules = []rule{
	{"subnet-zone", each(subnetZone, "AWS::EC2::Subnet")},
	{"subnet-zone-twice", each(zoneTwice, "AWS::EC2::Subnet")},
	{"subnet-kind", each(subnetKind, "AWS::EC2::Subnet")},
	{"subnet-load-balancer-tag", each(loadBalancerTag, "AWS::EC2::Subnet")},
}

// kind of a subnet: where its default route leads.
type kind string

const (
	unknown  kind = ""
	public   kind = "public"
	private  kind = "private"
	isolated kind = "isolated"
)

// intent is what a subnet is meant to be: the CDK tags it, and without the tag
// the construct's name tells.
func (v *review) intent(subnet *assembly.Resource) kind {
	if meant, ok := tag(subnet, "aws-cdk:subnet-type"); ok {
		return map[string]kind{"Public": public, "Private": private, "Isolated": isolated}[meant]
	}
	path := strings.ToLower(subnet.Path)
	switch {
	case strings.Contains(path, "public"):
		return public
	case strings.Contains(path, "private"):
		return private
	}
	return unknown
}

// zone is a subnet's availability zone, as far as it is known.
func zone(subnet *assembly.Resource) string {
	value := subnet.Get("AvailabilityZone")
	function, argument := intrinsic(value)
	if function == "Fn::GetAtt" {
		return fmt.Sprint(argument)
	}
	if function == "Fn::Select" {
		if arguments := assembly.List(argument); len(arguments) == 2 {
			if index, ok := number(arguments[0]); ok {
				return "zone " + strconv.FormatFloat(index, 'f', -1, 64)
			}
		}
	}
	text, _ := value.(string)
	return text
}

var zoneName = regexp.MustCompile(`^([a-z]{2}(-[a-z]+)+-[0-9])[a-z]$`)

func subnetZone(v *review, r *assembly.Resource) {
	const fix = "choose it at deployment by Custom::AvailabilityZones, or use the name of a zone of the stack's Region"
	value := r.Get("AvailabilityZone")
	name, isText := value.(string)
	if !isText {
		if value == nil {
			v.wrong(r, fix, "AvailabilityZone is not set: AWS chooses, and all subnets may end up in one zone")
		}
		if arguments := assembly.List(at(value, "Fn::Select")); len(arguments) == 2 && at(arguments[1], "Fn::GetAZs") != nil {
			v.wrong(r, fix, "AvailabilityZone is of Fn::GetAZs, which names zones where EKS has no control plane, and others in each account")
		}
		return
	}
	match := zoneName.FindStringSubmatch(name)
	switch {
	case match == nil:
		v.wrong(r, fix, "AvailabilityZone is %s, want a name such as eu-west-1a", shown(name))
	case r.Stack.Region != "" && match[1] != r.Stack.Region:
		v.wrong(r, fix, "AvailabilityZone %s is not in the stack's Region %s", name, r.Stack.Region)
	case r.Stack.Region == "":
		v.wrong(r, fix, "AvailabilityZone is %s in a stack that is open for any Region", name)
	}
}

// zoneTwice wants the subnets of a kind in different zones: that is what there
// are several for.
func zoneTwice(v *review, r *assembly.Resource) {
	for _, other := range r.Stack.All("AWS::EC2::Subnet") {
		if other != r && v.vpcID(other) == v.vpcID(r) && v.intent(other) == v.intent(r) && v.intent(r) != unknown && zone(r) != "" && zone(other) == zone(r) {
			v.wrong(r, "put it into a zone of its own", "the %s subnets %s and %s are in the same availability zone", v.intent(r), other.LogicalID, r.LogicalID)
		}
	}
}

// subnetKind wants a subnet to be what it is meant to be.
func subnetKind(v *review, r *assembly.Resource) {
	meant, is := v.intent(r), v.way(r)
	if meant == unknown || is == unknown || meant == is {
		return
	}
	fix := map[kind]string{
		public:   "give its route table a route 0.0.0.0/0 to the internet gateway",
		private:  "give its route table a route 0.0.0.0/0 to a NAT gateway",
		isolated: "remove the route 0.0.0.0/0 from its route table",
	}[meant]
	says := map[kind]string{
		public:   "its default route leads to an internet gateway",
		private:  "its default route leads to a NAT gateway",
		isolated: "it has no default route",
	}[is]
	v.wrong(r, fix, "the subnet is meant to be %s, but %s", meant, says)
}

// loadBalancerTag wants the tags by which load balancers find their subnets.
// https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html
func loadBalancerTag(v *review, r *assembly.Resource) {
	const outer, inner = "kubernetes.io/role/elb", "kubernetes.io/role/internal-elb"
	want, never := inner, outer
	switch v.intent(r) {
	case unknown:
		return
	case public:
		want, never = outer, inner
	}
	if value, ok := tag(r, want); !ok || value != "1" && value != "" {
		v.wrong(r, "tag it with "+want+" = 1", "the tag %s is %s on a %s subnet: no load balancer finds it", want, shown(value), v.intent(r))
	}
	if _, ok := tag(r, never); ok {
		v.wrong(r, "remove the tag "+never, "a %s subnet has the tag %s: load balancers of the wrong kind are put into it", v.intent(r), never)
	}
	if is := v.way(r); is == public && want == inner {
		v.wrong(r, "route it to a NAT gateway, or tag it with "+outer, "internal load balancers would be put into a subnet that is open to the internet")
	}
}
