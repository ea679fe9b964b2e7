package incluster

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// resolver gives expressions of templates the values that a deployment would,
// as far as an assembly tells, and stand-ins for the rest.
type resolver struct{ assembly *assembly.Assembly }

// names are the properties that Ref returns where they are set.
var names = []string{"Name", "RepositoryName", "RoleName", "ClusterName", "BucketName", "FunctionName", "LogGroupName", "TopicName"}

// pseudo are CloudFormation's pseudo parameters in a stack.
func pseudo(s *assembly.Stack) map[string]string {
	return map[string]string{
		"AWS::AccountId": cmp.Or(s.Account, "111111111111"),
		"AWS::Region":    cmp.Or(s.Region, "us-east-1"),
		"AWS::Partition": s.Partition(),
		"AWS::URLSuffix": s.URLSuffix(),
		"AWS::StackName": s.Name,
		"AWS::StackId":   "arn:" + s.Partition() + ":cloudformation:us-east-1:111111111111:stack/" + s.Name + "/0",
		"AWS::NoValue":   "",
	}
}

// text is the value as text. An expression that leads nowhere is an error.
func (r resolver) text(s *assembly.Stack, value any) (string, error) {
	switch value := value.(type) {
	case nil:
		return "", nil
	case string:
		return value, nil
	case map[string]any:
		if len(value) == 1 {
			for function, argument := range value {
				return r.call(s, function, argument)
			}
		}
		return "", errors.New("want a text, got an object")
	case []any:
		return "", errors.New("want a text, got a list")
	}
	return fmt.Sprint(value), nil
}

func (r resolver) call(s *assembly.Stack, function string, argument any) (string, error) {
	list, _ := argument.([]any)
	switch function {
	case "Ref":
		name, _ := argument.(string)
		if value, ok := pseudo(s)[name]; ok {
			return value, nil
		}
		return r.ref(s, name)
	case "Fn::GetAtt":
		name, attribute := attributeOf(argument)
		resource := s.Resources[name]
		if resource == nil {
			return "", fmt.Errorf("refers to %s, which is not in the template", name)
		}
		if attribute == "Arn" {
			return r.arn(resource), nil
		}
		return "standin-" + name + "-" + attribute, nil
	case "Fn::Join":
		if len(list) != 2 {
			return "", errors.New("the arguments of Fn::Join are no separator and list")
		}
		return r.join(s, list)
	case "Fn::Sub":
		return r.substitute(s, argument)
	case "Fn::Select":
		return r.pick(s, list)
	case "Fn::If":
		if len(list) == 3 {
			return r.text(s, list[1])
		}
	case "Fn::GetStackOutput", "Fn::ImportValue":
		from, value, err := r.output(s, function, argument)
		if err != nil {
			return "", err
		}
		return r.text(from, value)
	}
	return "", fmt.Errorf("cannot read %s", function)
}

func (r resolver) ref(s *assembly.Stack, name string) (string, error) {
	resource := s.Resources[name]
	if resource == nil {
		parameters, _ := s.Template["Parameters"].(map[string]any)
		if parameter, ok := parameters[name].(map[string]any); ok {
			return fmt.Sprint(cmp.Or(parameter["Default"], any("standin-"+name))), nil
		}
		return "", fmt.Errorf("refers to %s, which is not in the template", name)
	}
	for _, property := range names {
		if value := resource.Get(property); value != nil {
			return r.text(s, value)
		}
	}
	return "standin-" + name, nil
}

// arn is only as good as the name in it.
func (r resolver) arn(resource *assembly.Resource) string {
	parts := strings.Split(resource.Type, "::")
	name, err := r.ref(resource.Stack, resource.LogicalID)
	if err != nil {
		name = resource.LogicalID
	}
	kind := map[string]string{"Role": "role/", "Cluster": "cluster/", "Function": "function:", "Key": "key/"}[parts[len(parts)-1]]
	if resource.Type == "AWS::ECR::Repository" {
		kind = "repository/"
	}
	p := pseudo(resource.Stack)
	service, region := strings.ToLower(parts[1%len(parts)]), p["AWS::Region"]
	if service == "iam" {
		region = ""
	}
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s%s", p["AWS::Partition"], service, region, p["AWS::AccountId"], kind, name)
}

func (r resolver) join(s *assembly.Stack, list []any) (string, error) {
	separator, _ := list[0].(string)
	items, ok := list[1].([]any)
	if !ok {
		return "", fmt.Errorf("the list of Fn::Join is a %T", list[1])
	}
	texts := make([]string, 0, len(items))
	for _, item := range items {
		text, err := r.text(s, item)
		if err != nil {
			return "", err
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, separator), nil
}

func (r resolver) substitute(s *assembly.Stack, argument any) (string, error) {
	text, _ := argument.(string)
	own := map[string]any{}
	if list, ok := argument.([]any); ok && len(list) == 2 {
		text, _ = list[0].(string)
		own, _ = list[1].(map[string]any)
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, after, _ := strings.Cut(rest, "}")
		text = after
		expression, ok := own[name]
		if resource, attribute, dotted := strings.Cut(name, "."); !ok && dotted {
			expression = map[string]any{"Fn::GetAtt": []any{resource, attribute}}
		} else if !ok {
			expression = map[string]any{"Ref": name}
		}
		value, err := r.text(s, expression)
		if err != nil {
			return "", err
		}
		out.WriteString(value)
	}
}

// pick knows Fn::Select of a list or of Fn::Split.
func (r resolver) pick(s *assembly.Stack, list []any) (string, error) {
	if len(list) != 2 {
		return "", errors.New("the arguments of Fn::Select are no index and list")
	}
	var index int
	if _, err := fmt.Sscan(fmt.Sprint(list[0]), &index); err != nil {
		return "", fmt.Errorf("the index of Fn::Select is %v", list[0])
	}
	if split, ok := list[1].(map[string]any); ok {
		arguments, _ := split["Fn::Split"].([]any)
		if len(arguments) != 2 {
			return "", errors.New("cannot read Fn::Select")
		}
		text, err := r.text(s, arguments[1])
		if err != nil {
			return "", err
		}
		parts := strings.Split(text, fmt.Sprint(arguments[0]))
		return parts[min(max(index, 0), len(parts)-1)], nil
	}
	items, _ := list[1].([]any)
	if index < 0 || index >= len(items) {
		return "", fmt.Errorf("the index %d of Fn::Select is not in its list of %d", index, len(items))
	}
	return r.text(s, items[index])
}

// output is an output of another stack, and that stack.
func (r resolver) output(s *assembly.Stack, function string, argument any) (*assembly.Stack, any, error) {
	if function == "Fn::ImportValue" {
		name, err := r.text(s, argument)
		if err != nil {
			return nil, nil, err
		}
		return r.export(name)
	}
	object, _ := argument.(map[string]any)
	stackName, err := r.text(s, object["StackName"])
	if err != nil {
		return nil, nil, err
	}
	outputName, _ := object["OutputName"].(string)
	for _, stack := range r.assembly.Stacks {
		if stack.Name != stackName {
			continue
		}
		outputs, _ := stack.Template["Outputs"].(map[string]any)
		if output, ok := outputs[outputName].(map[string]any); ok {
			return stack, output["Value"], nil
		}
		return nil, nil, fmt.Errorf("refers to the output %s of the stack %s, which has no such output", outputName, stackName)
	}
	return nil, nil, fmt.Errorf("refers to an output of the stack %s, which is not in the assembly", stackName)
}

func (r resolver) export(name string) (*assembly.Stack, any, error) {
	for _, stack := range r.assembly.Stacks {
		outputs, _ := stack.Template["Outputs"].(map[string]any)
		for _, output := range outputs {
			output, _ := output.(map[string]any)
			export, _ := output["Export"].(map[string]any)
			if exported, err := r.text(stack, export["Name"]); err == nil && exported == name {
				return stack, output["Value"], nil
			}
		}
	}
	return nil, nil, fmt.Errorf("imports %s, which no stack exports", name)
}

// target is the resource that an expression is about; nil when it is about none.
func (r resolver) target(s *assembly.Stack, value any) *assembly.Resource {
	object, _ := value.(map[string]any)
	if name, ok := object["Ref"].(string); ok {
		return s.Resources[name]
	}
	if argument, ok := object["Fn::GetAtt"]; ok {
		name, _ := attributeOf(argument)
		return s.Resources[name]
	}
	for _, function := range []string{"Fn::GetStackOutput", "Fn::ImportValue"} {
		if argument, ok := object[function]; ok {
			if from, value, err := r.output(s, function, argument); err == nil {
				return r.target(from, value)
			}
		}
	}
	return nil
}

// attributeOf splits the argument of Fn::GetAtt.
func attributeOf(argument any) (name, attribute string) {
	switch argument := argument.(type) {
	case string:
		name, attribute, _ = strings.Cut(argument, ".")
	case []any:
		if len(argument) == 2 {
			name, _ = argument[0].(string)
			attribute, _ = argument[1].(string)
		}
	}
	return name, attribute
}
