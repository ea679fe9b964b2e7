package iam

import (
	"fmt"
	"strconv"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// What stands in for an account and a Region that the assembly leaves open.
// AWS's documentation uses this account in its examples.
const (
	someAccount = "111122223333"
	someRegion  = "us-east-1"
)

// arns is how the ARN of a resource is made, and what gives its name. {name} is
// the physical name or else one of the stack's name and the logical id.
// https://docs.aws.amazon.com/service-authorization/latest/reference/
var arns = map[string]struct{ name, arn string }{
	"AWS::CodeBuild::Project":     {"Name", "codebuild:{region}:{account}:project/{name}"},
	"AWS::CodeCommit::Repository": {"RepositoryName", "codecommit:{region}:{account}:{name}"},
	"AWS::CodePipeline::Pipeline": {"Name", "codepipeline:{region}:{account}:{name}"},
	"AWS::DynamoDB::Table":        {"TableName", "dynamodb:{region}:{account}:table/{name}"},
	"AWS::ECR::Repository":        {"RepositoryName", "ecr:{region}:{account}:repository/{name}"},
	"AWS::EKS::Cluster":           {"Name", "eks:{region}:{account}:cluster/{name}"},
	"AWS::Events::Rule":           {"Name", "events:{region}:{account}:rule/{name}"},
	"AWS::IAM::ManagedPolicy":     {"ManagedPolicyName", "iam::{account}:policy/{name}"},
	"AWS::IAM::OIDCProvider":      {"Url", "iam::{account}:oidc-provider/{name}"},
	"AWS::IAM::Role":              {"RoleName", "iam::{account}:role/{name}"},
	"AWS::IAM::User":              {"UserName", "iam::{account}:user/{name}"},
	"AWS::KMS::Key":               {"", "kms:{region}:{account}:key/{name}"},
	"AWS::Lambda::Function":       {"FunctionName", "lambda:{region}:{account}:function:{name}"},
	"AWS::Lambda::LayerVersion":   {"LayerName", "lambda:{region}:{account}:layer:{name}:1"},
	"AWS::Logs::LogGroup":         {"LogGroupName", "logs:{region}:{account}:log-group:{name}:*"},
	"AWS::S3::Bucket":             {"BucketName", "s3:::{name}"},
	"AWS::SNS::Topic":             {"TopicName", "sns:{region}:{account}:{name}"},
	"AWS::SQS::Queue":             {"QueueName", "sqs:{region}:{account}:{name}"},
	"AWS::SecretsManager::Secret": {"Name", "secretsmanager:{region}:{account}:secret:{name}-AbCdEf"},
	"AWS::SSM::Parameter":         {"Name", "ssm:{region}:{account}:parameter/{name}"},
}

// refIsARN are the types whose Ref gives the ARN.
var refIsARN = map[string]bool{
	"AWS::SNS::Topic": true, "AWS::IAM::ManagedPolicy": true, "AWS::IAM::OIDCProvider": true,
	"AWS::Lambda::LayerVersion": true, "AWS::SecretsManager::Secret": true,
}

// noValue is AWS::NoValue: what holds it, is not there.
type noValue struct{}

// resolver gives intrinsic functions values that stand in for those of a
// deployment, so that policies can be read as AWS would get them.
type resolver struct {
	assembly *assembly.Assembly
	stack    *assembly.Stack
}

func (r resolver) account() string { return or(r.stack.Account, someAccount) }
func (r resolver) region() string  { return or(r.stack.Region, someRegion) }

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// resolve returns the value without intrinsic functions.
func (r resolver) resolve(value any) any {
	switch value := value.(type) {
	case []any:
		items := []any{}
		for _, item := range value {
			if made := r.resolve(item); made != (noValue{}) {
				items = append(items, made)
			}
		}
		return items
	case map[string]any:
		if len(value) == 1 {
			for name, argument := range value {
				if name == "Ref" || strings.HasPrefix(name, "Fn::") {
					return r.call(name, argument)
				}
			}
		}
		made := map[string]any{}
		for key, item := range value {
			if resolved := r.resolve(item); resolved != (noValue{}) {
				made[key] = resolved
			}
		}
		return made
	}
	return value
}

// text is the resolved value as text; empty when it is none.
func (r resolver) text(value any) string {
	text, _ := r.resolve(value).(string)
	return text
}

func (r resolver) call(name string, argument any) any {
	arguments, _ := argument.([]any)
	at := func(i int) any {
		if i < len(arguments) {
			return arguments[i]
		}
		return nil
	}
	switch name {
	case "Ref":
		id, _ := argument.(string)
		return r.ref(id)
	case "Fn::GetAtt":
		id, attribute, _ := strings.Cut(fmt.Sprint(argument), ".")
		if len(arguments) == 2 {
			id, attribute = fmt.Sprint(arguments[0]), r.text(arguments[1])
		}
		return r.attribute(id, attribute)
	case "Fn::Join":
		var parts []string
		for _, part := range assembly.List(r.resolve(at(1))) {
			parts = append(parts, fmt.Sprint(part))
		}
		return strings.Join(parts, fmt.Sprint(at(0)))
	case "Fn::Sub":
		return r.sub(argument)
	case "Fn::If":
		if first := r.resolve(at(1)); first != (noValue{}) {
			return first
		}
		return r.resolve(at(2))
	case "Fn::Split":
		var parts []any
		for _, part := range strings.Split(r.text(at(1)), fmt.Sprint(at(0))) {
			parts = append(parts, part)
		}
		return parts
	case "Fn::Select":
		index, err := strconv.Atoi(fmt.Sprint(r.resolve(at(0))))
		if items := assembly.List(r.resolve(at(1))); err == nil && index >= 0 && index < len(items) {
			return items[index]
		}
	case "Fn::GetStackOutput":
		return r.output(argument)
	case "Fn::ImportValue":
		return r.imported(r.resolve(argument))
	}
	return fmt.Sprintf("{%s}", name)
}

func (r resolver) ref(id string) any {
	switch id {
	case "AWS::AccountId":
		return r.account()
	case "AWS::Region":
		return r.region()
	case "AWS::Partition":
		return r.stack.Partition()
	case "AWS::URLSuffix":
		return r.stack.URLSuffix()
	case "AWS::StackName":
		return r.stack.Name
	case "AWS::NoValue":
		return noValue{}
	}
	resource := r.stack.Resources[id]
	if resource == nil {
		return "{" + id + "}"
	}
	if refIsARN[resource.Type] {
		return r.arn(resource)
	}
	return r.name(resource)
}

func (r resolver) attribute(id, attribute string) any {
	resource := r.stack.Resources[id]
	if resource != nil && (attribute == "Arn" || attribute == "TopicArn") {
		return r.arn(resource)
	}
	return id + "." + attribute
}

func (r resolver) name(resource *assembly.Resource) string {
	if property := arns[resource.Type].name; property != "" {
		if name := r.text(resource.Get(property)); name != "" {
			return strings.TrimPrefix(name, "https://")
		}
	}
	// As CloudFormation makes names: stacks may have the same logical ids.
	name := r.stack.Name + "-" + resource.LogicalID
	if resource.Type == "AWS::S3::Bucket" {
		return strings.ToLower(name)
	}
	return name
}

// arn is the ARN of the resource, which is of the resolver's stack.
func (r resolver) arn(resource *assembly.Resource) string {
	format := arns[resource.Type].arn
	if format == "" {
		return resource.LogicalID + ".Arn"
	}
	return r.anyARN(strings.NewReplacer("{region}", r.region(), "{account}", r.account(), "{name}", r.name(resource)).Replace(format))
}

// anyARN is the ARN in the stack's partition that ends in what is behind it.
func (r resolver) anyARN(rest string) string {
	return "arn:" + r.stack.Partition() + ":" + rest
}

// arnOf is the ARN of a resource of any stack.
func arnOf(a *assembly.Assembly, resource *assembly.Resource) string {
	return resolver{a, resource.Stack}.arn(resource)
}

func (r resolver) sub(argument any) any {
	text, ok := argument.(string)
	variables := map[string]any{}
	if !ok {
		arguments := assembly.List(argument)
		if len(arguments) == 2 {
			text, _ = arguments[0].(string)
			variables, _ = arguments[1].(map[string]any)
		}
	}
	made := ""
	for i, part := range strings.Split(text, "${") {
		name, rest, closed := strings.Cut(part, "}")
		switch {
		case i == 0:
			made += part
			continue
		case !closed || strings.HasPrefix(name, "!"):
			made += "${" + strings.TrimPrefix(part, "!")
			continue
		}
		if value, known := variables[name]; known {
			made += r.text(value) + rest
		} else if id, attribute, dotted := strings.Cut(name, "."); dotted {
			made += fmt.Sprint(r.attribute(id, attribute)) + rest
		} else {
			made += fmt.Sprint(r.ref(name)) + rest
		}
	}
	return made
}

func (r resolver) output(argument any) any {
	read, _ := argument.(map[string]any)
	for _, source := range r.assembly.Stacks {
		if source.Name == read["StackName"] && source != r.stack {
			outputs, _ := source.Template["Outputs"].(map[string]any)
			output, _ := outputs[fmt.Sprint(read["OutputName"])].(map[string]any)
			return resolver{r.assembly, source}.resolve(output["Value"])
		}
	}
	return "{Fn::GetStackOutput}"
}

// imported is the value that another stack exports.
func (r resolver) imported(argument any) any {
	name, _ := argument.(string)
	if source, value := r.assembly.Exported(name); source != nil && source != r.stack {
		return resolver{r.assembly, source}.resolve(value)
	}
	return "{Fn::ImportValue}"
}
