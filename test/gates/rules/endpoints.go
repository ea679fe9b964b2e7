package rules

import (
	"regexp"
	"slices"
	"strings"

	"gitops-eks/stacks/config"
	"gitops-eks/test/gates/assembly"
)

// endpointRules are about VPC endpoints.
// https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
var endpointRules = []rule{
	{"endpoint-service", each(endpointService, "AWS::EC2::VPCEndpoint")},
	{"endpoint-interface", each(interfaceEndpoint, "AWS::EC2::VPCEndpoint")},
	{"endpoint-gateway", each(gatewayEndpoint, "AWS::EC2::VPCEndpoint")},
	{"endpoint-duplicate", each(duplicateEndpoint, "AWS::EC2::VPCEndpoint")},
	{"endpoint-s3", each(s3Endpoint, "AWS::EC2::VPC")},
	{"endpoint-limit", each(limitedS3, "AWS::EC2::VPCEndpoint")},
}

var serviceName = regexp.MustCompile(`^(?:cn\.)?com\.amazonaws\.([a-z0-9-]+|\$\{AWS::Region\})\.([a-z0-9.-]+)$`)

// gatewayServices are those that AWS gives gateway endpoints for.
var gatewayServices = []string{"s3", "dynamodb"}

// knownServices are the short names that clusters use most.
// https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
var knownServices = []string{
	"acm-pca", "athena", "autoscaling", "bedrock-runtime", "cloudformation", "codebuild", "codecommit", "codepipeline", "dynamodb",
	"ec2", "ec2messages", "ecr.api", "ecr.dkr", "ecs", "eks", "eks-auth", "elasticache", "elasticfilesystem", "elasticloadbalancing",
	"events", "execute-api", "firehose", "git-codecommit", "glue", "guardduty-data", "kinesis-streams", "kms", "lambda", "logs",
	"monitoring", "rds", "rds-data", "s3", "secretsmanager", "servicediscovery", "sns", "sqs", "ssm", "ssmmessages", "states",
	"sts", "synthetics", "xray",
}

// service is the short name of an endpoint's service, such as ecr.api.
func (v *review) service(r *assembly.Resource) string {
	match := serviceName.FindStringSubmatch(v.text(r.Stack, r.Get("ServiceName")))
	if match == nil {
		return ""
	}
	return match[2]
}

func endpointService(v *review, r *assembly.Resource) {
	name := v.text(r.Stack, r.Get("ServiceName"))
	match := serviceName.FindStringSubmatch(name)
	switch {
	case match == nil:
		v.wrong(r, "write com.amazonaws.<region>.<service>", "ServiceName is %s, want com.amazonaws.<region>.<service>", shown(name))
	case r.Stack.Region != "" && match[1] != r.Stack.Region || r.Stack.Region == "" && !strings.HasPrefix(match[1], "$"):
		v.wrong(r, "use the stack's Region", "ServiceName %s is not of the stack's Region", name)
	default:
		// AWS has hundreds of services: only what looks like a misspelt one is refused.
		if meant := near(match[2], slices.Concat(knownServices, gatewayServices)); meant != "" {
			v.wrong(r, "did you mean "+meant+"?", "ServiceName ends in %s, which is no service", shown(match[2]))
		}
	}
}

// interfaceEndpoint wants one that answers at the service's usual name, from
// everywhere in the VPC.
func interfaceEndpoint(v *review, r *assembly.Resource) {
	if v.text(r.Stack, r.Get("VpcEndpointType")) != "Interface" {
		return
	}
	if !isTrue(r.Get("PrivateDnsEnabled")) {
		v.wrong(r, "set PrivateDnsEnabled to true", "PrivateDnsEnabled is off: clients go on using the public address, and reach nothing without NAT")
	}
	subnets := v.subnets(r.Stack, subnetIDs(r))
	if len(subnetIDs(r)) == 0 {
		v.wrong(r, "set SubnetIds to the private subnets", "it is in no subnet")
	}
	zones := map[string]string{}
	for _, subnet := range subnets {
		if v.intent(subnet) == public {
			v.wrong(r, "use the private subnets", "it is in the public subnet %s", subnet.LogicalID)
		}
		if other := zones[zone(subnet)]; other != "" {
			v.wrong(r, "use one subnet of each zone", "the subnets %s and %s are in one zone, an endpoint takes one", other, subnet.LogicalID)
		}
		zones[zone(subnet)] = subnet.LogicalID
	}
	if len(securityGroupIDs(r)) == 0 {
		v.wrong(r, "set SecurityGroupIds to a group that allows tcp 443 from the VPC", "it is in the VPC's default security group, which lets nobody in")
		return
	}
	for _, id := range securityGroupIDs(r) {
		if group := v.target(r.Stack, id); group == nil || v.allowsHTTPS(group) {
			return
		}
	}
	v.wrong(r, "allow tcp 443 from the VPC's range", "none of its security groups lets the VPC in on port 443: every call to the service times out")
}

// allowsHTTPS says whether the group lets some source in on port 443.
func (v *review) allowsHTTPS(group *assembly.Resource) bool {
	doors := assembly.List(group.Get("SecurityGroupIngress"))
	for _, r := range v.assembly.All("AWS::EC2::SecurityGroupIngress") {
		if v.target(r.Stack, r.Get("GroupId")) == group {
			doors = append(doors, any(r.Properties))
		}
	}
	return slices.ContainsFunc(doors, func(door any) bool {
		protocol := v.text(group.Stack, at(door, "IpProtocol"))
		from, _ := number(at(door, "FromPort"))
		to, _ := number(at(door, "ToPort"))
		if protocol != "-1" && (protocol != "tcp" && protocol != "6" || from > 443 || to < 443) {
			return false
		}
		vpc := v.target(group.Stack, group.Get("VpcId"))
		network, known := v.prefixOfAny(vpc)
		source, err := parsePrefix(v.text(group.Stack, at(door, "CidrIp")))
		return err != nil || !known || source.Bits() <= network.Bits() && source.Contains(network.Addr())
	})
}

// gatewayEndpoint wants every private route table to have it.
func gatewayEndpoint(v *review, r *assembly.Resource) {
	kind := v.text(r.Stack, r.Get("VpcEndpointType"))
	if kind != "" && kind != "Gateway" {
		return
	}
	if service := v.service(r); service != "" && !slices.Contains(gatewayServices, service) {
		v.wrong(r, "set VpcEndpointType to Interface", "%s has no gateway endpoint, those that have are %s", shown(service), one(gatewayServices))
	}
	for _, subnet := range v.assembly.All("AWS::EC2::Subnet") {
		table := v.routeTable(subnet)
		if table == nil || v.vpcID(subnet) != v.vpcID(r) || v.intent(subnet) == public || v.refersTo(r.Stack, r.Get("RouteTableIds"), table) {
			continue
		}
		v.wrong(r, "add "+table.LogicalID+" to RouteTableIds",
			"the route table of the private subnet %s is missing: its traffic to the service goes through NAT, or nowhere", subnet.LogicalID)
	}
	for _, id := range assembly.List(r.Get("RouteTableIds")) {
		if table := v.target(r.Stack, id); table != nil && (table.Type != "AWS::EC2::RouteTable" || v.vpcID(table) != v.vpcID(r)) {
			v.wrong(r, "name route tables of the same VPC", "RouteTableIds has %s, which is no route table of its VPC", table.LogicalID)
		}
	}
}

func duplicateEndpoint(v *review, r *assembly.Resource) {
	for _, other := range r.Stack.All("AWS::EC2::VPCEndpoint") {
		if other != r && v.vpcID(other) == v.vpcID(r) && v.service(other) == v.service(r) && other.Get("VpcEndpointType") == r.Get("VpcEndpointType") {
			v.wrong(r, "keep one of the two", "%s has the endpoint %s already: two cannot have the same private name", shown(v.service(r)), other.LogicalID)
		}
	}
}

// s3Endpoint wants it in every VPC: image layers come from Amazon S3.
func s3Endpoint(v *review, r *assembly.Resource) {
	for _, endpoint := range v.assembly.All("AWS::EC2::VPCEndpoint") {
		if v.target(endpoint.Stack, endpoint.Get("VpcId")) == r && v.service(endpoint) == "s3" {
			return
		}
	}
	v.wrong(r, "add a gateway endpoint for S3", "the VPC has no endpoint for S3: image layers go through NAT and are billed, or nowhere")
}

// needed is what has to pass an endpoint for S3 whose policy limits it.
var needed = []struct{ what, action, bucket, fix string }{
	// They are read from AWS's buckets, with any role's name.
	// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms
	{"image layers: no image can be pulled", "s3:GetObject", "starport-layer-bucket", "prod-<region>-starport-layer-bucket"},
	// The CDK's framework is in the VPC, too.
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-vpce-bucketnames.html
	{"the answers of handlers: CloudFormation waits for them in vain", "s3:PutObject", "cloudformation-custom-resource-response-", "cloudformation-custom-resource-response-<region without dashes>"},
}

// limitedS3 wants a policy on an endpoint that would be the one way out, and
// what a cluster needs to pass it.
func limitedS3(v *review, r *assembly.Resource) {
	if v.service(r) != "s3" {
		return
	}
	if r.Get("PolicyDocument") == nil {
		for _, subnet := range v.assembly.All("AWS::EC2::Subnet") {
			if v.vpcID(subnet) == v.vpcID(r) && v.intent(subnet) == isolated {
				v.wrong(r, "limit it to image layers, answers to CloudFormation and the account's own buckets", "the VPC has no way out but this one, by which anybody's bucket can be written to")
				return
			}
		}
		return
	}
	for _, one := range needed {
		if !v.passes(r, one.action, one.bucket) {
			v.wrong(r, "allow "+one.action+" on arn:<partition>:s3:::"+one.fix+"/*", "its policy does not let pass %s", one.what)
		}
	}
}

// passes says whether the endpoint's policy lets the action on the bucket pass.
func (v *review) passes(r *assembly.Resource, action, bucket string) bool {
	verb := strings.TrimSuffix(action, "Object")
	allowed := false
	for _, statement := range statementsIn(r.Get("PolicyDocument")) {
		acts := slices.ContainsFunc(assembly.List(at(statement, "Action")), func(one any) bool {
			text, _ := one.(string)
			return text == "*" || strings.EqualFold(text, "s3:*") || strings.EqualFold(text, verb+"*") || strings.EqualFold(text, action)
		})
		there := slices.ContainsFunc(v.texts(r.Stack, at(statement, "Resource")), func(arn string) bool { return arn == "*" || strings.Contains(arn, bucket) })
		if !acts || !there || at(statement, "Condition") != nil {
			continue
		}
		if at(statement, "Effect") == "Deny" {
			return false
		}
		allowed = allowed || at(statement, "Effect") == "Allow"
	}
	return allowed
}

// endpointsNeeded wants what a cluster without a way out calls.
func endpointsNeeded(v *review, r *assembly.Resource) {
	for _, vpc := range v.vpcsOf(r.Stack, subnetIDs(r)) {
		if !slices.ContainsFunc(v.subnets(r.Stack, subnetIDs(r)), func(s *assembly.Resource) bool { return v.way(s) == isolated }) {
			continue
		}
		source := config.ConfigSourceGit
		if v.followsCodeCommit(r) {
			source = config.ConfigSourceCodeCommit
		}
		var have []string
		for _, endpoint := range v.assembly.All("AWS::EC2::VPCEndpoint") {
			if v.target(endpoint.Stack, endpoint.Get("VpcId")) == vpc {
				have = append(have, v.service(endpoint))
			}
		}
		for _, service := range config.RequiredInterfaceEndpoints(source) {
			if !slices.Contains(have, service) {
				v.wrong(vpc, "add an interface endpoint for "+service, "the cluster's subnets have no way out, and the VPC has no endpoint for %s", service)
			}
		}
	}
}

// followsCodeCommit says whether Flux in the cluster pulls from CodeCommit.
func (v *review) followsCodeCommit(cluster *assembly.Resource) bool {
	return slices.ContainsFunc(v.ofCluster(cluster, "Custom::AWSCDK-EKS-KubernetesResource"), func(r *assembly.Resource) bool {
		manifest := v.text(r.Stack, r.Get("Manifest"))
		return strings.Contains(manifest, `"GitRepository"`) && strings.Contains(manifest, "git-codecommit")
	})
}
