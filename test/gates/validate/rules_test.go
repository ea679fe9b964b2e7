package validate

import (
	"testing"

	"gitops-eks/test/gates/assembly"
)

func ref(id string) object       { return object{"Ref": id} }
func att(id, name string) object { return object{"Fn::GetAtt": []any{id, name}} }
func times(n int, value any) (all []any) {
	for range n {
		all = append(all, value)
	}
	return all
}
func first(value any) object { return value.([]any)[0].(object) }
func action(body object, stage int) object {
	return first(properties(body)["Stages"].([]any)[stage].(object)["Actions"])
}

func TestFaults(t *testing.T) {
	type r = *assembly.Resource
	for _, f := range []fault{
		{"a role's name for its ARN", "dev-cluster", "AWS::EKS::Cluster", "", func(b object, r r) {
			properties(b)["RoleArn"] = ref(idOf(t, r, "AWS::IAM::Role"))
		}, "reference-kind", "RoleArn of AWS::EKS::Cluster refers to AWS::IAM::Role, allowed are AWS::IAM::Role.Arn"},
		{"a CIDR for a VPC", "dev-network", "AWS::EC2::Subnet", "", func(b object, r r) {
			properties(b)["VpcId"] = att(idOf(t, r, "AWS::EC2::VPC"), "CidrBlock")
		}, "reference-kind", "AWS::EC2::VPC.CidrBlock"},
		{"a function's role for its security group", "dev-cluster", "AWS::Lambda::Function", "KubectlProvider/Handler", func(b object, r r) {
			properties(b)["VpcConfig"].(object)["SecurityGroupIds"] = []any{ref(idOf(t, r, "AWS::IAM::Role"))}
		}, "reference-kind", "SecurityGroupIds[0]"},
		{"a role's ARN for its name", "dev-gitops", "AWS::IAM::Policy", "", func(b object, r r) {
			properties(b)["Roles"] = []any{att(idOf(t, r, "AWS::IAM::Role"), "Arn")}
		}, "reference-kind", "Roles[0]"},
		{"a role that answers a custom resource", "dev-network", "Custom::VpcRestrictDefaultSG", "", func(b object, r r) {
			properties(b)["ServiceToken"] = att(idOf(t, r, "AWS::IAM::Role"), "Arn")
		}, "reference-kind", "ServiceToken"},
		{"a name for a function's ARN", "dev-cluster", "AWS::EKS::Cluster", "", set("RoleArn", "platform-role"), "arn", `RoleArn of AWS::EKS::Cluster is "platform-role"`},
		{"another stack's output of another kind", "dev-cluster", "AWS::EKS::Cluster", "", func(b object, r r) {
			subnets := properties(b)["ResourcesVpcConfig"].(object)["SubnetIds"].([]any)
			vpc := resource(t, assemblyOf(r), "dev-cluster", "AWS::EC2::SecurityGroup", "").Get("VpcId")
			subnets[0] = vpc
		}, "reference-kind", "refers to AWS::EC2::VPC, allowed are AWS::EC2::Subnet"},

		{"null", "dev-cluster", "AWS::EKS::Cluster", "", set("Name", nil), "empty-value", "Name of AWS::EKS::Cluster is empty (null)"},
		{"no subnet", "dev-cluster", "AWS::EKS::Cluster", "", set("ResourcesVpcConfig", "SubnetIds", []any{}), "empty-value", "SubnetIds"},
		{"no text", "delivery", "AWS::KMS::Alias", "", set("AliasName", ""), "empty-value", `("")`},
		{"no code", "dev-network", "AWS::Lambda::Function", "", set("Code", object{}), "lambda-code", "Code names no code"},
		{"a policy of nobody", "dev-gitops", "AWS::IAM::Policy", "", set("Roles", []any{}), "attached-to-nothing", "belongs to no role"},

		{"Join of no list", "dev-gitops", "Custom::AWSCDK-EKS-KubernetesResource", "", set("Manifest", object{"Fn::Join": []any{"", "a"}}), "intrinsic-function", "Fn::Join wants a delimiter and a list"},
		{"an unknown function", "dev-gitops", "Custom::AWSCDK-EKS-HelmChart", "", set("Values", object{"Fn::Concat": []any{"a", "b"}}), "intrinsic-function", "Fn::Concat is no function"},
		{"two functions", "dev-gitops", "Custom::AWSCDK-EKS-HelmChart", "", set("Values", object{"Fn::GetAtt": "a.b", "Ref": "c"}), "intrinsic-function", "stands alone"},
		{"a zone too many", "dev-network", "AWS::EC2::Subnet", "", set("AvailabilityZone", object{"Fn::Select": []any{9.0, object{"Fn::GetAZs": ""}}}), "intrinsic-function", "element 9"},
		{"beyond a list", "dev-network", "AWS::EC2::Subnet", "", set("AvailabilityZone", object{"Fn::Select": []any{"2", []any{"a", "b"}}}), "intrinsic-function", "element 2 of a list of 2"},
		{"a reference to an object", "dev-gitops", "Custom::AWSCDK-EKS-HelmChart", "", set("Values", object{"Ref": []any{"a"}}), "intrinsic-function", "Ref wants the name"},

		{"a long timeout", "dev-network", "AWS::Lambda::Function", "", set("Timeout", 901.0), "limit", `Timeout of AWS::Lambda::Function is "901"`},
		{"an unknown compute type", "app-hello", "AWS::CodeBuild::Project", "", set("Environment", "ComputeType", "BUILD_GENERAL1_TINY"), "limit", "ComputeType"},
		{"an unknown environment", "app-hello", "AWS::CodeBuild::Project", "", set("Environment", "Type", "LINUX"), "limit", "Environment.Type"},
		{"a topic's bad name", "delivery", "AWS::SNS::Topic", "", set("TopicName", "bad name!"), "limit", "TopicName"},
		{"a reserved alias", "delivery", "AWS::KMS::Alias", "", set("AliasName", "alias/aws/platform"), "limit", "AliasName"},
		{"a bad CIDR", "dev-network", "AWS::EC2::VPC", "", set("CidrBlock", "10.0.0.0/33"), "limit", "CidrBlock"},
		{"a CIDR with host bits", "dev-network", "AWS::EC2::Subnet", "", set("CidrBlock", "10.0.1.7/19"), "limit", "CidrBlock"},
		{"a lifecycle of no rules", "app-hello", "AWS::ECR::Repository", "", set("LifecyclePolicy", "LifecyclePolicyText", "{bad"), "limit", "LifecyclePolicyText"},
		{"a namespace in upper case", "dev-gitops", "AWS::EKS::PodIdentityAssociation", "", set("Namespace", "Flux_System"), "limit", "Namespace"},

		{"an unknown protocol", "dev-cluster", "AWS::EC2::SecurityGroup", "", set("SecurityGroupIngress", []any{object{"IpProtocol": "tpc", "CidrIp": "10.0.0.0/8"}}), "security-group", `"tpc"`},
		{"a port too high", "dev-cluster", "AWS::EC2::SecurityGroup", "", set("SecurityGroupIngress", []any{object{"IpProtocol": "tcp", "CidrIp": "10.0.0.0/8", "FromPort": 443.0, "ToPort": 70000.0}}), "security-group", "70000"},
		{"no port", "dev-cluster", "AWS::EC2::SecurityGroup", "", set("SecurityGroupIngress", []any{object{"IpProtocol": "tcp", "CidrIp": "10.0.0.0/8"}}), "security-group", "without FromPort and ToPort"},
		{"a bad source", "dev-cluster", "AWS::EC2::SecurityGroup", "", set("SecurityGroupIngress", []any{object{"IpProtocol": "-1", "CidrIp": "10.0.0.0"}}), "security-group", "CidrIp"},
		{"a route to nowhere", "dev-network", "AWS::EC2::Route", "", remove("GatewayId", "NatGatewayId"), "route", "no target"},
		{"an unknown endpoint", "dev-network", "AWS::EC2::VPCEndpoint", "", set("ServiceName", "com.amazonaws.s3"), "vpc-endpoint", `"com.amazonaws.s3"`},
		{"a gateway in a subnet", "dev-network", "AWS::EC2::VPCEndpoint", "", set("SubnetIds", []any{"subnet-0123456789abcdef0"}), "vpc-endpoint", "SubnetIds"},
		{"a gateway of another service", "dev-network", "AWS::EC2::VPCEndpoint", "", set("ServiceName", "com.amazonaws.us-east-1.ecr.api"), "vpc-endpoint", "only s3 and dynamodb"},
		{"a gateway that nobody uses", "dev-network", "AWS::EC2::VPCEndpoint", "", remove("RouteTableIds"), "vpc-endpoint", "in no route table"},

		{"a pattern that is no JSON", "app-hello", "AWS::Events::Rule", "", set("EventPattern", "{bad"), "event-rule", "no JSON object"},
		{"a field that no event has", "app-hello", "AWS::Events::Rule", "", set("EventPattern", "sources", []any{"a"}), "event-rule", `"sources"`},
		{"a pattern of a text", "app-hello", "AWS::Events::Rule", "", set("EventPattern", "source", "aws.codecommit"), "event-rule", "want a list"},
		{"an event that is never sent", "app-hello", "AWS::Events::Rule", "", set("EventPattern", object{"source": []any{"aws.codebuild"}, "detail-type": []any{"CodeBuild Build Failed"}}), "event-rule", "CodeBuild Build Failed"},
		{"a target's id twice", "app-hello", "AWS::Events::Rule", "", func(b object, _ r) {
			targets := properties(b)["Targets"].([]any)
			properties(b)["Targets"] = append(targets, targets[0])
		}, "event-rule", "two targets"},
		{"no target", "app-hello", "AWS::Events::Rule", "", remove("Targets"), "event-rule", "no target"},

		{"one stage", "app-hello", "AWS::CodePipeline::Pipeline", "", func(b object, _ r) {
			properties(b)["Stages"] = properties(b)["Stages"].([]any)[:1]
		}, "pipeline", "1 stages"},
		{"an unknown provider", "app-hello", "AWS::CodePipeline::Pipeline", "", func(b object, _ r) {
			action(b, 0)["ActionTypeId"].(object)["Provider"] = "CodeComit"
		}, "pipeline", `"CodeComit"`},
		{"an action twice", "app-hello", "AWS::CodePipeline::Pipeline", "", func(b object, _ r) {
			first(properties(b)["Stages"])["Actions"] = times(2, action(b, 0))
		}, "pipeline", "two actions"},
		{"an unknown artifact", "app-hello", "AWS::CodePipeline::Pipeline", "", func(b object, _ r) {
			action(b, 1)["InputArtifacts"] = []any{object{"Name": "nope"}}
		}, "pipeline", "nope"},

		{"a tag twice", "delivery", "AWS::KMS::Key", "", set("Tags", times(2, object{"Key": "a", "Value": "b"})), "duplicate-tag", `"a"`},
		{"a chart without a release", "dev-gitops", "Custom::AWSCDK-EKS-HelmChart", "", remove("Release"), "custom-property", "misses Release"},
		{"a misspelt property of a chart", "dev-gitops", "Custom::AWSCDK-EKS-HelmChart", "", set("Namespce", "flux-system"), "custom-property", "Namespce"},
		{"a type that the handler does not know", "dev-gitops", "Custom::AWSCDK-EKS-HelmChart", "", func(b object, _ r) {
			b["Type"] = "Custom::AWSCDK-EKS-HelmCharts"
		}, "custom-type", "HelmCharts"},
		{"nobody answers", "dev-gitops", "Custom::AWSCDK-EKS-HelmChart", "", remove("ServiceToken"), "service-token", "no ServiceToken"},
		{"a type that is none", "dev-cluster", "AWS::EKS::Addon", "", func(b object, _ r) { b["Type"] = "Custom::Addon" }, "service-token", "no ServiceToken"},
		{"a handler that is not there", "dev-network", "AWS::Lambda::Function", "", set("Handler", "main.handler"), "lambda-handler", "no file main"},
		{"a function that is not there", "dev-cluster", "AWS::Lambda::Function", "KubectlProvider/Handler", set("Handler", "index.handle"), "lambda-handler", "has no handle"},
		{"a file that nobody uploads", "dev-network", "AWS::Lambda::Function", "", set("Code", "S3Key", "0000.zip"), "asset-missing", "0000.zip"},
		{"a stand-in for a zone", "dev-network", "AWS::EC2::Subnet", "", set("AvailabilityZone", "dummy1a"), "missing-context", "dummy1a"},
		{"a stand-in for a VPC", "dev-network", "AWS::EC2::Subnet", "", set("VpcId", "vpc-12345"), "missing-context", "vpc-12345"},
		{"a token as text", "dev-cluster", "AWS::EKS::Cluster", "", set("Name", "x-${Token[AWS.Region.9]}"), "missing-context", "Token"},
	} {
		t.Run(f.name, f.test)
	}
}
