// Package neutral makes templates that older tools can read: a copy in which
// what they do not know, and what is not there, is a plain text.
package neutral

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// What stands for values that tools cannot follow.
const (
	// Elsewhere is a value of another stack.
	Elsewhere = "from-another-stack"
	// Missing is a value of what the template does not have: other gates say so.
	Missing = "missing"
	// ClusterSecurityGroup is the security group that EKS makes.
	ClusterSecurityGroup = "sg-of-the-cluster"
)

// functions that every tool knows. [Elsewhere] stands for any other, such as
// Fn::GetStackOutput.
var functions = []string{
	"Fn::And", "Fn::Base64", "Fn::Cidr", "Fn::Equals", "Fn::FindInMap", "Fn::GetAtt", "Fn::GetAZs", "Fn::If",
	"Fn::ImportValue", "Fn::Join", "Fn::Not", "Fn::Or", "Fn::Select", "Fn::Split", "Fn::Sub",
}

// Write writes a neutral copy of each stack's template into the folder, and
// returns the files in the order of the stacks. Unknown are functions that the
// tool does not know besides.
func Write(folder string, stacks []*assembly.Stack, unknown ...string) ([]string, error) {
	var files []string
	for _, stack := range stacks {
		text, err := json.Marshal(Template(stack, unknown...))
		if err != nil {
			return nil, fmt.Errorf("write a copy of stack %s: %w", stack.ID, err)
		}
		file := filepath.Join(folder, stack.ID+".template.json")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// Template is the copy: every resource with its type and properties, which are
// all that the tools look at. Metadata above all is left out, so that a tool's
// own suppressions in it have no say.
func Template(stack *assembly.Stack, unknown ...string) map[string]any {
	c := copier{stack: stack, names: map[string]bool{}, unknown: unknown}
	for _, section := range []string{"Parameters", "Resources"} {
		names, _ := stack.Template[section].(map[string]any)
		for name := range names {
			c.names[name] = true
		}
	}
	resources := map[string]any{}
	for id, r := range stack.Resources {
		body := map[string]any{"Type": r.Type}
		if r.Properties != nil {
			body["Properties"] = c.copy(r.Properties)
		}
		resources[id] = body
	}
	template := map[string]any{"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
	for _, section := range []string{"Parameters", "Mappings", "Conditions"} {
		if content, ok := stack.Template[section]; ok {
			template[section] = c.copy(content)
		}
	}
	return template
}

type copier struct {
	stack *assembly.Stack
	names map[string]bool // of parameters and resources
	// unknown are functions that the tool does not know, of those that others do.
	unknown []string
}

// condition says whether the template has the condition.
func (c copier) condition(name any) bool {
	text, ok := name.(string)
	conditions, _ := c.stack.Template["Conditions"].(map[string]any)
	return ok && conditions[text] != nil
}

func (c copier) copy(value any) any {
	switch value := value.(type) {
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = c.copy(item)
		}
		return items
	case map[string]any:
		if len(value) == 1 {
			for name, argument := range value {
				if literal, ok := c.literal(name, argument); ok {
					return literal
				}
			}
		}
		items := make(map[string]any, len(value))
		for key, item := range value {
			items[key] = c.copy(item)
		}
		return items
	}
	return value
}

// literal is the text that stands for a function.
func (c copier) literal(name string, argument any) (any, bool) {
	if strings.HasPrefix(name, "Fn::") && (!slices.Contains(functions, name) || slices.Contains(c.unknown, name)) {
		return Elsewhere, true
	}
	if list, ok := argument.([]any); name == "Fn::If" && ok && len(list) == 3 && !c.condition(list[0]) {
		return Missing, true
	}
	if name != "Ref" && name != "Fn::GetAtt" && name != "Fn::Sub" {
		return nil, false
	}
	for _, id := range assembly.References(map[string]any{name: argument}) {
		if !c.names[id] && !strings.HasPrefix(id, "AWS::") && !local(argument, id) {
			return Missing, true
		}
	}
	return c.known(name, argument)
}

// local says whether the name is one that Fn::Sub defines itself.
func local(argument any, name string) bool {
	list, _ := argument.([]any)
	if len(list) != 2 {
		return false
	}
	variables, _ := list[1].(map[string]any)
	_, ok := variables[name]
	return ok
}

// known is what the template or the service says itself, where tools stop at
// the function: the IPv4 range of a VPC, and the security group of a cluster.
func (c copier) known(name string, argument any) (any, bool) {
	list, _ := argument.([]any)
	if name != "Fn::GetAtt" || len(list) != 2 {
		return nil, false
	}
	id, _ := list[0].(string)
	r := c.stack.Resources[id]
	switch {
	case r == nil:
	case r.Type == "AWS::EC2::VPC" && list[1] == "CidrBlock":
		cidr, ok := r.Get("CidrBlock").(string)
		return cidr, ok
	case r.Type == "AWS::EKS::Cluster" && list[1] == "ClusterSecurityGroupId":
		return ClusterSecurityGroup, true
	}
	return nil, false
}
