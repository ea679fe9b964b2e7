package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	gitops "gitops-eks/constructs"
	"gitops-eks/stacks/config"
)

// network is where a cluster lives, whoever made it.
type network struct {
	vpc     awsec2.IVpc
	private *awsec2.SubnetSelection
}

// newNetwork defines the network stack, or takes the existing VPC into the
// cluster's stack when the settings name one: then there is nothing to deploy.
func newNetwork(scope constructs.Construct, e *environment) func(awscdk.Stack) network {
	if e.Network.Existing() {
		return e.importNetwork
	}
	stack := e.newStack(scope, "network", "VPC of "+e.cluster(e.Name))
	e.provideZones(stack)
	made := gitops.NewNetwork(stack, "Network", &gitops.NetworkProps{
		CIDR:               e.Network.CIDR,
		PrivateMask:        e.Network.PrivateSubnetMask(),
		PublicMask:         e.Network.PublicSubnetMask(),
		AvailabilityZones:  e.Network.AvailabilityZones,
		ZoneCount:          e.Network.AvailabilityZoneCount,
		NATGateways:        natGateways(&e.Network),
		InterfaceEndpoints: e.Network.InterfaceEndpoints,
		Logs:               e.logs(),
	})
	return func(awscdk.Stack) network { return network{made.Vpc, made.Private} }
}

// provideZones answers the CDK's question for the zones of a region from the
// settings. Unanswered, it would look them up with credentials that a pull
// request does not have, and meanwhile write zones that do not exist.
func (e *environment) provideZones(stack awscdk.Stack) {
	if e.Account == "" {
		return
	}
	key := "availability-zones:account=" + e.Account + ":region=" + e.Region
	stack.Node().SetContext(jsii.String(key), jsii.Strings(e.Network.AvailabilityZones...))
}

func (e *environment) importNetwork(stack awscdk.Stack) network {
	vpc := awsec2.Vpc_FromVpcAttributes(stack, jsii.String("Vpc"), &awsec2.VpcAttributes{
		VpcId:             jsii.String(e.Network.VPCID),
		AvailabilityZones: jsii.Strings(e.Network.AvailabilityZones...),
		PrivateSubnetIds:  jsii.Strings(e.Network.PrivateSubnetIDs...),
		PublicSubnetIds:   optional(e.Network.PublicSubnetIDs),
	})
	return network{vpc, &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS}}
}

func natGateways(n *config.Network) int {
	switch n.NAT {
	case config.NATNone:
		return 0
	case config.NATPerAZ:
		return n.ZoneCount()
	default:
		return 1
	}
}

func (e *environment) logs() gitops.Logs {
	return gitops.Logs{RetentionDays: e.LogRetentionDays, RemovalPolicy: removalPolicy(e.RemovalPolicy)}
}

// optional is nil for an empty list, which the CDK takes as "not given".
func optional(values []string) *[]*string {
	if len(values) == 0 {
		return nil
	}
	return jsii.Strings(values...)
}
