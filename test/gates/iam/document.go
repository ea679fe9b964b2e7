package iam

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// kind says what a policy is for.
type kind string

const (
	identity kind = "identity" // of a role: what it may do
	trust    kind = "trust"    // of a role: who may take it
	resource kind = "resource" // of a resource: who may use it
	endpoint kind = "endpoint" // of a VPC endpoint: what may go through
)

// document is a policy in a template.
type document struct {
	owner *assembly.Resource
	kind  kind
	// where in the owner's properties.
	where      string
	content    any
	statements []statement
}

// statement of a policy, with every element as a list.
type statement struct {
	// name is its Sid, or its number.
	name                                         string
	effect                                       string
	actions, notActions, resources, notResources []string
	principals                                   []principal
	notPrincipal                                 bool
	conditions                                   []condition
}

type principal struct{ kind, value string }

type condition struct {
	operator, key string
	values        []string
}

// documents are all policies of the assembly.
func documents(a *assembly.Assembly) (all []document) {
	for _, r := range a.All() {
		if strings.HasPrefix(r.Type, "AWS::") {
			find(resolver{a, r.Stack}, r, "", r.Properties, &all)
		}
	}
	return all
}

// find looks for policies wherever a property holds one, as an object or as text.
func find(in resolver, r *assembly.Resource, where string, value any, all *[]document) {
	if text, ok := value.(string); ok && strings.Contains(text, `"Statement"`) {
		if json.Unmarshal([]byte(text), &value) != nil {
			return
		}
	}
	switch value := value.(type) {
	case map[string]any:
		if _, isPolicy := value["Statement"]; isPolicy {
			content := in.resolve(value)
			*all = append(*all, document{r, kindOf(r.Type, where), where, content, statements(content)})
			return
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			find(in, r, strings.TrimPrefix(where+"."+key, "."), value[key], all)
		}
	case []any:
		for i, item := range value {
			find(in, r, fmt.Sprintf("%s[%d]", where, i), item, all)
		}
	}
}

func kindOf(resourceType, where string) kind {
	switch {
	case where == "AssumeRolePolicyDocument":
		return trust
	case resourceType == "AWS::EC2::VPCEndpoint":
		return endpoint
	case strings.HasPrefix(resourceType, "AWS::IAM::"):
		return identity
	}
	return resource
}

func statements(content any) (all []statement) {
	object, _ := content.(map[string]any)
	for i, value := range assembly.List(object["Statement"]) {
		s, _ := value.(map[string]any)
		name, _ := s["Sid"].(string)
		effect, _ := s["Effect"].(string)
		_, negated := s["NotPrincipal"]
		all = append(all, statement{
			name: or(name, fmt.Sprintf("number %d", i+1)), effect: effect,
			actions: texts(s["Action"]), notActions: texts(s["NotAction"]),
			resources: texts(s["Resource"]), notResources: texts(s["NotResource"]),
			principals: principals(s["Principal"]), notPrincipal: negated,
			conditions: conditions(s["Condition"]),
		})
	}
	return all
}

func principals(value any) (all []principal) {
	object, ok := value.(map[string]any)
	if !ok {
		for _, one := range texts(value) {
			all = append(all, principal{"AWS", one})
		}
		return all
	}
	for _, kind := range slices.Sorted(maps.Keys(object)) {
		for _, one := range texts(object[kind]) {
			all = append(all, principal{kind, one})
		}
	}
	return all
}

func conditions(value any) (all []condition) {
	object, _ := value.(map[string]any)
	for _, operator := range slices.Sorted(maps.Keys(object)) {
		keys, _ := object[operator].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			all = append(all, condition{operator, key, texts(keys[key])})
		}
	}
	return all
}

func texts(value any) (all []string) {
	for _, item := range assembly.List(value) {
		all = append(all, fmt.Sprint(item))
	}
	return all
}
