package constructs

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// The tags by which load balancers find their subnets.
// https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html
const (
	publicLoadBalancerTag  = "kubernetes.io/role/elb"
	privateLoadBalancerTag = "kubernetes.io/role/internal-elb"
)

// NetworkProps configures [NewNetwork].
type NetworkProps struct {
	// CIDR of the VPC. Required.
	CIDR string
	// PrivateMask and PublicMask are the prefix lengths of the subnets. Required.
	PrivateMask, PublicMask int
	// AvailabilityZones are names. Empty chooses ZoneCount zones at deployment.
	AvailabilityZones []string
	// ZoneCount is the number of zones when no names are given.
	ZoneCount int
	// NATGateways is their number; 0 leaves the private subnets without a way out.
	NATGateways int
	// InterfaceEndpoints are the short names of AWS services, such as "ecr.api". None by default.
	InterfaceEndpoints []string
	// Logs of the VPC's flows and of the handlers of custom resources. Required.
	Logs Logs
}

// Network is a VPC for an EKS cluster.
type Network struct {
	Vpc awsec2.IVpc
	// Private selects the subnets of nodes, pods and control-plane interfaces.
	Private *awsec2.SubnetSelection
}

// NewNetwork makes a VPC with a public and a private subnet in each zone, the
// S3 gateway endpoint, flow logs, and a default security group without rules.
func NewNetwork(scope constructs.Construct, id string, props *NetworkProps) *Network {
	must(scope, id, props.validate()...)
	this := constructs.NewConstruct(scope, jsii.String(id))

	handlers := props.Logs.NewLogGroup(this, "Handlers")
	privateType := awsec2.SubnetType_PRIVATE_WITH_EGRESS
	if props.NATGateways == 0 {
		privateType = awsec2.SubnetType_PRIVATE_ISOLATED
	}
	private := &awsec2.SubnetSelection{SubnetGroupName: jsii.String("Private")}
	vpc := awsec2.NewVpc(this, jsii.String("Vpc"), &awsec2.VpcProps{
		IpAddresses:       awsec2.IpAddresses_Cidr(jsii.String(props.CIDR)),
		AvailabilityZones: props.zones(this, handlers),
		NatGateways:       jsii.Number(props.NATGateways),
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{
			{Name: jsii.String("Public"), SubnetType: awsec2.SubnetType_PUBLIC, CidrMask: jsii.Number(props.PublicMask), MapPublicIpOnLaunch: jsii.Bool(false)},
			{Name: jsii.String("Private"), SubnetType: privateType, CidrMask: jsii.Number(props.PrivateMask)},
		},
		// Image layers come from S3: without this they would cross the NAT gateway and be billed.
		GatewayEndpoints:             &map[string]*awsec2.GatewayVpcEndpointOptions{"S3": {Service: awsec2.GatewayVpcEndpointAwsService_S3()}},
		RestrictDefaultSecurityGroup: jsii.Bool(true),
	})
	if props.NATGateways == 0 {
		limitS3(vpc)
	}
	tagSubnets(vpc.PublicSubnets(), publicLoadBalancerTag)
	tagSubnets(vpc.SelectSubnets(private).Subnets, privateLoadBalancerTag)

	flows := vpc.AddFlowLog(jsii.String("FlowLog"), &awsec2.FlowLogOptions{
		Destination: awsec2.FlowLogDestination_ToCloudWatchLogs(props.Logs.NewLogGroup(this, "Flows"), nil),
	})
	// It writes as soon as it is there, so the policy of its role comes first.
	flows.Node().DefaultChild().Node().AddDependency(flows.Node().FindChild(jsii.String("IAMRole")))
	for _, service := range props.InterfaceEndpoints {
		vpc.AddInterfaceEndpoint(jsii.String(service), &awsec2.InterfaceVpcEndpointOptions{
			Service: awsec2.NewInterfaceVpcEndpointAwsService(jsii.String(service), nil, nil, nil),
			Subnets: private,
		})
	}

	OwnProviderLogs(awscdk.Stack_Of(this), handlers)
	return &Network{Vpc: vpc, Private: private}
}

// limitS3 keeps the S3 gateway endpoint from being the one way out of a VPC that
// has no other: through it anybody's bucket could be written to. What passes is
// what a cluster cannot do without, and the account's own buckets.
func limitS3(vpc awsec2.Vpc) {
	s3 := vpc.Node().FindChild(jsii.String("S3")).(awsec2.GatewayVpcEndpoint)
	stack := awscdk.Stack_Of(vpc)
	// The names of AWS's buckets have the Region in them, here without its dashes.
	region := awscdk.Fn_Join(jsii.String(""), awscdk.Fn_Split(jsii.String("-"), stack.Region(), nil))
	for _, pass := range []struct{ sid, action, bucket string }{
		// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms
		{"ImageLayers", "s3:GetObject", "prod-" + *stack.Region() + "-starport-layer-bucket"},
		// Without it the kubectl handler's answers do not arrive, and every deployment waits for them.
		// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-vpce-bucketnames.html
		{"AnswersToCloudFormation", "s3:PutObject", "cloudformation-custom-resource-response-" + *region},
	} {
		s3.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String(pass.sid),
			Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()}, // both are signed by AWS's own principals
			Actions:    jsii.Strings(pass.action),
			Resources:  jsii.Strings("arn:" + *stack.Partition() + ":s3:::" + pass.bucket + "/*"),
		}))
	}
	s3.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("OwnBuckets"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
		Actions:    jsii.Strings("s3:*"),
		Resources:  jsii.Strings("*"),
		Conditions: &map[string]any{"StringEquals": map[string]any{"s3:ResourceAccount": stack.Account()}},
	}))
}

// zones are the names of the zones, or tokens that CloudFormation resolves.
func (p *NetworkProps) zones(scope constructs.Construct, logs awslogs.ILogGroup) *[]*string {
	if len(p.AvailabilityZones) > 0 {
		return jsii.Strings(p.AvailabilityZones...)
	}
	return newZones(scope, "Zones", p.ZoneCount, logs)
}

func (p *NetworkProps) validate() (problems []error) {
	count := len(p.AvailabilityZones)
	if count == 0 {
		count = p.ZoneCount
	}
	if count < 2 {
		problems = append(problems, fmt.Errorf("a network for EKS needs at least 2 availability zones, got %d", count))
	}
	if p.NATGateways < 0 || p.NATGateways > count {
		problems = append(problems, fmt.Errorf("NAT gateways must number 0 to %d (one a zone), got %d", count, p.NATGateways))
	}
	for i, service := range p.InterfaceEndpoints {
		if slices.Contains(p.InterfaceEndpoints[:i], service) {
			problems = append(problems, fmt.Errorf("each interface endpoint once, got %q again", service))
		}
	}
	if p.CIDR == "" {
		problems = append(problems, errors.New("CIDR is required"))
	}
	return problems
}

func tagSubnets(subnets *[]awsec2.ISubnet, tag string) {
	for _, subnet := range *subnets {
		awscdk.Tags_Of(subnet).Add(jsii.String(tag), jsii.String("1"), nil)
	}
}
