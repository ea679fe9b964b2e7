package assembly

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gitops-eks/test/cloudassembly"
)

// Resource is a resource of a template.
type Resource struct {
	// Stack that it is in.
	Stack *Stack
	// LogicalID in the template.
	LogicalID string
	// Type, such as AWS::EKS::Cluster.
	Type string
	// Path of the construct, from its metadata; empty when the assembly has none.
	Path string
	// Properties as in the template, intrinsic functions included.
	Properties map[string]any
	// DependsOn are the logical ids that it names outright.
	DependsOn []string
	// Body is the whole resource.
	Body map[string]any
}

func readStack(file string) (*Stack, error) {
	stack := &Stack{File: file, Resources: map[string]*Resource{}}
	if err := cloudassembly.ReadJSON(file, &stack.Template); err != nil {
		return nil, err
	}
	resources, _ := stack.Template["Resources"].(map[string]any)
	for id, value := range resources {
		body, ok := value.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s: the resource %s is a %T, want an object", file, id, value)
		}
		r := &Resource{Stack: stack, LogicalID: id, Body: body}
		r.Type, _ = body["Type"].(string)
		r.Properties, _ = body["Properties"].(map[string]any)
		if metadata, ok := body["Metadata"].(map[string]any); ok {
			r.Path, _ = metadata["aws:cdk:path"].(string)
		}
		switch dependsOn := body["DependsOn"].(type) {
		case string:
			r.DependsOn = []string{dependsOn}
		case []any:
			for _, one := range dependsOn {
				if name, ok := one.(string); ok {
					r.DependsOn = append(r.DependsOn, name)
				}
			}
		}
		stack.Resources[id] = r
	}
	return stack, nil
}

// All returns the resources of the types, ordered by stack and logical id; of
// every type when none is given.
func (a *Assembly) All(types ...string) []*Resource {
	var found []*Resource
	for _, stack := range a.Stacks {
		found = append(found, stack.All(types...)...)
	}
	return found
}

// All returns the stack's resources of the types, ordered by logical id; of
// every type when none is given.
func (s *Stack) All(types ...string) []*Resource {
	var found []*Resource
	for _, id := range slices.Sorted(maps.Keys(s.Resources)) {
		if r := s.Resources[id]; len(types) == 0 || slices.Contains(types, r.Type) {
			found = append(found, r)
		}
	}
	return found
}

// Get follows names into the properties, and numbers into lists; nil when a
// step is not there.
func (r *Resource) Get(path ...any) any {
	var at any = r.Properties
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := at.(map[string]any)
			at = object[step]
		case int:
			list, _ := at.([]any)
			if step >= len(list) {
				return nil
			}
			at = list[step]
		default:
			panic(fmt.Sprintf("a step of a path is a string or an int, not %T", step))
		}
	}
	return at
}

// List is a value as a list: CloudFormation and IAM take one item without brackets, too.
func List(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	}
	return []any{value}
}

// References are the logical ids in the same template that the value refers to
// by Ref, Fn::GetAtt or Fn::Sub.
func References(value any) []string {
	found := map[string]bool{}
	collect(value, found)
	return slices.Sorted(maps.Keys(found))
}

func collect(value any, found map[string]bool) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			collect(item, found)
		}
	case map[string]any:
		for key, item := range value {
			if key == "Ref" || key == "Fn::GetAtt" || key == "Fn::Sub" {
				for _, name := range referred(key, item) {
					found[name] = true
				}
			}
			collect(item, found)
		}
	}
}

func referred(function string, value any) []string {
	if list, ok := value.([]any); ok && len(list) > 0 {
		value = list[0]
	}
	text, ok := value.(string)
	if !ok {
		return nil
	}
	if function != "Fn::Sub" {
		name, _, _ := strings.Cut(text, ".")
		return []string{name}
	}
	var names []string
	for _, part := range strings.Split(text, "${")[1:] {
		name, _, _ := strings.Cut(part, "}")
		name, _, _ = strings.Cut(name, ".")
		if !strings.HasPrefix(name, "!") {
			names = append(names, name)
		}
	}
	return names
}
