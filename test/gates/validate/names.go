package validate

import (
	"encoding/json"
	"fmt"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// identities are the properties that together can exist once: in an account
// and Region, or in the account, or in the world.
var identities = map[string]struct {
	scope      scope
	properties []string
}{
	"AWS::CodeBuild::Project":               {regional, []string{"Name"}},
	"AWS::CodeCommit::Repository":           {regional, []string{"RepositoryName"}},
	"AWS::CodePipeline::Pipeline":           {regional, []string{"Name"}},
	"AWS::EC2::LaunchTemplate":              {regional, []string{"LaunchTemplateName"}},
	"AWS::EC2::Route":                       {regional, []string{"RouteTableId", "DestinationCidrBlock"}},
	"AWS::EC2::SecurityGroup":               {regional, []string{"VpcId", "GroupName"}},
	"AWS::EC2::Subnet":                      {regional, []string{"VpcId", "CidrBlock"}},
	"AWS::EC2::SubnetRouteTableAssociation": {regional, []string{"SubnetId"}},
	"AWS::EC2::VPCEndpoint":                 {regional, []string{"VpcId", "ServiceName"}},
	"AWS::ECR::Repository":                  {regional, []string{"RepositoryName"}},
	"AWS::EKS::AccessEntry":                 {regional, []string{"ClusterName", "PrincipalArn"}},
	"AWS::EKS::Addon":                       {regional, []string{"ClusterName", "AddonName"}},
	"AWS::EKS::Cluster":                     {regional, []string{"Name"}},
	"AWS::EKS::Nodegroup":                   {regional, []string{"ClusterName", "NodegroupName"}},
	"AWS::EKS::PodIdentityAssociation":      {regional, []string{"ClusterName", "Namespace", "ServiceAccount"}},
	"AWS::Events::Rule":                     {regional, []string{"Name"}},
	"AWS::IAM::InstanceProfile":             {account, []string{"InstanceProfileName"}},
	"AWS::IAM::ManagedPolicy":               {account, []string{"ManagedPolicyName"}},
	"AWS::IAM::OIDCProvider":                {account, []string{"Url"}},
	"AWS::IAM::Policy":                      {regional, []string{"PolicyName", "Roles"}},
	"AWS::IAM::Role":                        {account, []string{"RoleName"}},
	"AWS::KMS::Alias":                       {regional, []string{"AliasName"}},
	"AWS::Lambda::Function":                 {regional, []string{"FunctionName"}},
	"AWS::Logs::LogGroup":                   {regional, []string{"LogGroupName"}},
	"AWS::S3::Bucket":                       {world, []string{"BucketName"}},
	"AWS::S3::BucketPolicy":                 {regional, []string{"Bucket"}},
	"AWS::SNS::Subscription":                {regional, []string{"TopicArn", "Protocol", "Endpoint"}},
	"AWS::SNS::Topic":                       {regional, []string{"TopicName"}},
	"AWS::SQS::Queue":                       {regional, []string{"QueueName"}},
	"AWS::SSM::Parameter":                   {regional, []string{"Name"}},
	"Custom::LogGroup":                      {regional, []string{"LogGroupName"}},
}

type scope int

const (
	regional scope = iota
	account
	world
)

// physicalNames finds two resources, in one stack or in two, of which AWS
// allows one. The engine compares within a template, and literals only.
func physicalNames(a *assembly.Assembly) (found []finding.Finding) {
	first := map[string]*assembly.Resource{}
	for _, r := range a.All() {
		identity, known := identities[r.Type]
		if !known {
			continue
		}
		text, own := "", true
		for _, property := range identity.properties {
			value := r.Get(property)
			own = own && value != nil
			named, _ := json.Marshal(value)
			text += " " + string(named)
		}
		if !own { // CloudFormation makes a name that is unique
			continue
		}
		key := r.Type + text
		switch {
		case strings.Contains(text, `"Fn::GetAtt"`), strings.Contains(text, `"Ref":`) && !strings.Contains(text, `"Ref":"AWS::`):
			key += " " + r.Stack.ID // logical ids are the template's own
		case identity.scope == regional:
			key += " " + r.Stack.Account + " " + r.Stack.Region
		case identity.scope == account:
			key += " " + r.Stack.Account
		}
		if other := first[key]; other != nil {
			found = append(found, at(r, "duplicate-name",
				fmt.Sprintf("%s with the same %s (%s) as %s/%s, and AWS allows one", r.Type, strings.Join(identity.properties, " and "), strings.TrimSpace(text), other.Stack.ID, other.LogicalID),
				"give one of them another name, or remove it"))
			continue
		}
		first[key] = r
	}
	return found
}
