package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// target is the resource that the value as a whole refers to, in this stack or,
// by an output, in another one; nil when it refers to none.
func (v *review) target(s *assembly.Stack, value any) *assembly.Resource {
	function, argument := intrinsic(value)
	switch function {
	case "Ref", "Fn::GetAtt":
		if names := assembly.References(value); len(names) == 1 {
			return s.Resources[names[0]]
		}
	case "Fn::Sub":
		names := assembly.References(value)
		if text, ok := argument.(string); ok && len(names) == 1 && strings.HasPrefix(text, "${") && strings.HasSuffix(text, "}") {
			return s.Resources[names[0]]
		}
	case "Fn::GetStackOutput", "Fn::ImportValue":
		if from, output := v.output(function, argument); from != nil {
			return v.target(from, output)
		}
	}
	return nil
}

// targets are all resources that the value refers to somewhere in it.
func (v *review) targets(s *assembly.Stack, value any) []*assembly.Resource {
	var found []*assembly.Resource
	for _, name := range assembly.References(value) {
		if r := s.Resources[name]; r != nil {
			found = append(found, r)
		}
	}
	visit(value, func(item any) {
		function, argument := intrinsic(item)
		if function != "Fn::GetStackOutput" && function != "Fn::ImportValue" {
			return
		}
		if from, output := v.output(function, argument); from != nil {
			found = append(found, v.targets(from, output)...)
		}
	})
	return found
}

// refersTo says whether the value refers to the resource.
func (v *review) refersTo(s *assembly.Stack, value any, r *assembly.Resource) bool {
	return slices.Contains(v.targets(s, value), r)
}

// output is the value of another stack's output, and that stack.
func (v *review) output(function string, argument any) (*assembly.Stack, any) {
	if function == "Fn::ImportValue" {
		name, _ := argument.(string)
		return v.assembly.Exported(name)
	}
	wanted, _ := argument.(map[string]any)
	for _, s := range v.assembly.Stacks {
		if wanted["StackName"] == s.Name {
			outputs, _ := s.Template["Outputs"].(map[string]any)
			name, _ := wanted["OutputName"].(string)
			output, _ := outputs[name].(map[string]any)
			return s, output["Value"]
		}
	}
	return nil, nil
}

// text renders a value: literals as they are, and what only the deployment
// knows as ${Name} or ${Name.Attribute}.
func (v *review) text(s *assembly.Stack, value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case bool:
		return strconv.FormatBool(value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	function, argument := intrinsic(value)
	arguments, _ := argument.([]any)
	switch {
	case function == "Ref":
		name, _ := argument.(string)
		return v.named(s, name)
	case function == "Fn::GetAtt" && len(arguments) == 2:
		return fmt.Sprintf("${%v.%v}", arguments[0], arguments[1])
	case function == "Fn::Join" && len(arguments) == 2:
		separator, _ := arguments[0].(string)
		return strings.Join(v.texts(s, arguments[1]), separator)
	case function == "Fn::Sub":
		if len(arguments) > 0 {
			argument = arguments[0]
		}
		template, _ := argument.(string)
		return v.substituted(s, template)
	case function == "Fn::If" && len(arguments) == 3:
		return v.text(s, arguments[1])
	case function == "Fn::GetStackOutput", function == "Fn::ImportValue":
		if from, output := v.output(function, argument); from != nil {
			return v.text(from, output)
		}
	}
	return "${" + strings.Join(append([]string{function}, assembly.References(value)...), " ") + "}"
}

// texts renders the items of a list.
func (v *review) texts(s *assembly.Stack, value any) []string {
	var found []string
	for _, item := range assembly.List(value) {
		found = append(found, v.text(s, item))
	}
	return found
}

// named renders what Ref gives for the name.
func (v *review) named(s *assembly.Stack, name string) string {
	known := map[string]string{
		"AWS::Region": s.Region, "AWS::AccountId": s.Account, "AWS::StackName": s.Name,
		"AWS::Partition": s.Partition(), "AWS::URLSuffix": s.URLSuffix(),
	}
	if known[name] != "" {
		return known[name]
	}
	if r := s.Resources[name]; r != nil && physicalName(r) != "" {
		return physicalName(r)
	}
	return "${" + name + "}"
}

func (v *review) substituted(s *assembly.Stack, template string) string {
	parts := strings.Split(template, "${")
	rendered := parts[0]
	for _, part := range parts[1:] {
		name, rest, _ := strings.Cut(part, "}")
		rendered += v.named(s, name) + rest
	}
	return rendered
}

// nameProperties hold the explicit names of resources whose Ref is that name.
var nameProperties = map[string]string{
	"AWS::CodeBuild::Project":     "Name",
	"AWS::CodeCommit::Repository": "RepositoryName",
	"AWS::CodePipeline::Pipeline": "Name",
	"AWS::ECR::Repository":        "RepositoryName",
	"AWS::EKS::Cluster":           "Name",
	"AWS::IAM::Role":              "RoleName",
	"AWS::KMS::Alias":             "AliasName",
	"AWS::Lambda::Function":       "FunctionName",
	"AWS::Logs::LogGroup":         "LogGroupName",
	"AWS::S3::Bucket":             "BucketName",
	"AWS::IAM::ManagedPolicy":     "ManagedPolicyName",
	"AWS::SSM::Parameter":         "Name",
}

// physicalName is the explicit name of a resource, empty when CloudFormation makes one up.
func physicalName(r *assembly.Resource) string {
	name, _ := r.Get(nameProperties[r.Type]).(string)
	return name
}
