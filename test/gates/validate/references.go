package validate

import (
	"fmt"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// expected are the references that a property may hold, as type or
// type.attribute; Ref is the type alone. A Ref of a role, say, gives its name,
// which is not what a property with an ARN takes. What Ref returns:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
var expected = expectations(map[string][]string{
	"Role RoleArn ServiceRole NodeRole NodeRoleArn ServiceRoleArn ExecutionRoleArn DeliverLogsPermissionArn PrincipalArn TargetRoleArn ServiceAccountRoleArn": {"AWS::IAM::Role.Arn"},
	"Roles":                      {"AWS::IAM::Role"},
	"SubnetId SubnetIds":         {"AWS::EC2::Subnet", "AWS::EC2::Subnet.SubnetId"},
	"Subnets":                    {"AWS::EC2::Subnet", "AWS::EC2::Subnet.SubnetId"},
	"VpcId":                      {"AWS::EC2::VPC", "AWS::EC2::VPC.VpcId"},
	"DefaultSecurityGroupId":     {"AWS::EC2::VPC.DefaultSecurityGroup"},
	"RouteTableId RouteTableIds": {"AWS::EC2::RouteTable", "AWS::EC2::RouteTable.RouteTableId"},
	"NatGatewayId":               {"AWS::EC2::NatGateway", "AWS::EC2::NatGateway.NatGatewayId"},
	"InternetGatewayId":          {"AWS::EC2::InternetGateway", "AWS::EC2::InternetGateway.InternetGatewayId"},
	"GatewayId":                  {"AWS::EC2::InternetGateway", "AWS::EC2::InternetGateway.InternetGatewayId", "AWS::EC2::VPNGateway"},
	"AllocationId":               {"AWS::EC2::EIP.AllocationId"},
	"TopicArn Topics":            {"AWS::SNS::Topic", "AWS::SNS::Topic.TopicArn"},
	"KeyArn KmsKeyArn":           {"AWS::KMS::Key.Arn"},
	"KmsKey KmsKeyId KmsMasterKeyId KMSMasterKeyID TargetKeyId EncryptionKey": {"AWS::KMS::Key.Arn", "AWS::KMS::Key", "AWS::KMS::Key.KeyId", "AWS::KMS::Alias"},
	"ServiceToken":               {"AWS::Lambda::Function.Arn", "AWS::SNS::Topic"},
	"USER_ON_EVENT_FUNCTION_ARN": {"AWS::Lambda::Function.Arn"},
	"FunctionName":               {"AWS::Lambda::Function", "AWS::Lambda::Function.Arn"},
	"Layers":                     {"AWS::Lambda::LayerVersion", "AWS::Lambda::LayerVersion.LayerVersionArn"},
	"LogGroupName LogGroup":      {"AWS::Logs::LogGroup"},
	"ClusterName":                {"AWS::EKS::Cluster"},
	"Bucket S3Bucket BucketName DestinationBucketName": {"AWS::S3::Bucket"},
	"ProjectName project-name":                         {"AWS::CodeBuild::Project"},
	"SecurityGroupIds SecurityGroups SourceSecurityGroupId DestinationSecurityGroupId": {
		"AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroup.GroupId", "AWS::EC2::SecurityGroup.Id",
		"AWS::EKS::Cluster.ClusterSecurityGroupId", "AWS::EC2::VPC.DefaultSecurityGroup",
	},
})

func expectations(short map[string][]string) map[string][]string {
	all := map[string][]string{}
	for names, kinds := range short {
		for name := range strings.FieldsSeq(names) {
			all[name] = kinds
		}
	}
	return all
}

// referenceKinds follows references, across stacks too, and compares what they
// give with what the property takes.
func referenceKinds(a *assembly.Assembly) (found []finding.Finding) {
	for _, r := range a.All() {
		walk(r.Properties, "", func(where string, value any) {
			name := last(where)
			if strings.Contains(where, "Fn::") { // a part of a text, not the value
				return
			}
			if text, ok := value.(string); ok && strings.HasSuffix(name, "Arn") && strings.HasPrefix(r.Type, "AWS::") && !strings.HasPrefix(text, "arn:") && !strings.Contains(where, "Policy") {
				found = append(found, at(r, "arn", fmt.Sprintf("%s of %s is %q, want an ARN: arn:partition:service:region:account:resource", where, r.Type, text), "give the whole ARN"))
			}
			if inside(where, "Manifest", "PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy", "EventPattern", "Tags") {
				return
			}
			allowed := expected[name]
			if allowed == nil {
				return
			}
			for _, got := range referred(a, r.Stack, value) {
				if !slices.Contains(allowed, got) {
					found = append(found, at(r, "reference-kind",
						fmt.Sprintf("%s of %s refers to %s, allowed are %s", where, r.Type, got, strings.Join(allowed, ", ")),
						"refer to a resource of the allowed type, by Ref where no attribute is named and by Fn::GetAtt where one is"))
				}
			}
		})
	}
	return found
}

func inside(where string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(where, name) })
}

// referred is what the value refers to, as type or type.attribute: nothing when
// it is no reference, or one to a parameter or to what is not there.
func referred(a *assembly.Assembly, s *assembly.Stack, value any) []string {
	called, argument := function(value)
	switch called {
	case "Ref":
		id, _ := argument.(string)
		if r := s.Resources[id]; r != nil {
			return []string{r.Type}
		}
	case "Fn::GetAtt":
		id, attribute := attributeOf(argument)
		if r := s.Resources[id]; r != nil && strings.HasPrefix(r.Type, "AWS::") {
			return []string{r.Type + "." + attribute}
		}
	case "Fn::GetStackOutput":
		read, _ := argument.(map[string]any)
		stack, _ := read["StackName"].(string)
		output, _ := read["OutputName"].(string)
		if source := stackNamed(a, stack); source != nil && source != s {
			outputs, _ := source.Template["Outputs"].(map[string]any)
			object, _ := outputs[output].(map[string]any)
			return referred(a, source, object["Value"])
		}
	case "Fn::ImportValue":
		name, _ := argument.(string)
		if source, exported := a.Exported(name); source != nil && source != s {
			return referred(a, source, exported)
		}
	case "Fn::If":
		if branches, _ := argument.([]any); len(branches) == 3 {
			return append(referred(a, s, branches[1]), referred(a, s, branches[2])...)
		}
	}
	return nil
}

func attributeOf(argument any) (id, attribute string) {
	if text, ok := argument.(string); ok {
		id, attribute, _ = strings.Cut(text, ".")
		return id, attribute
	}
	if parts, _ := argument.([]any); len(parts) == 2 {
		id, _ = parts[0].(string)
		attribute, _ = parts[1].(string)
	}
	return id, attribute
}
