package test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// render writes a value with CloudFormation's functions as a text with
// placeholders: ${AWS::Region}, and ${construct/path} or
// ${construct/path.Attribute} for a resource of this stack. So an ARN can be
// compared as a whole, without logical ids.
func (s *template) render(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case map[string]any:
		if len(v) == 1 {
			return s.renderFunction(v)
		}
	}
	return text(value)
}

func (s *template) renderFunction(function map[string]any) string {
	if id, ok := function["Ref"].(string); ok {
		return "${" + s.pathOf(id) + "}"
	}
	if attribute, ok := function["Fn::GetAtt"].([]any); ok {
		return fmt.Sprintf("${%s.%s}", s.pathOf(attribute[0].(string)), attribute[1])
	}
	if parts := list(dig(function, "Fn::Join", 1)); parts != nil {
		rendered := make([]string, len(parts))
		for i, part := range parts {
			rendered[i] = s.render(part)
		}
		return strings.Join(rendered, dig(function, "Fn::Join", 0).(string))
	}
	if sub, ok := function["Fn::Sub"].(string); ok {
		return sub
	}
	return text(function)
}

// pathOf is the construct path of a resource, without the end that says nothing.
func (s *template) pathOf(id string) string {
	for _, r := range s.resources {
		if r.id == id {
			return strings.TrimSuffix(r.path, "/Resource")
		}
	}
	return id
}

// renderAll renders the items of a list, sorted.
func (s *template) renderAll(values any) []string {
	rendered := []string{}
	for _, value := range list(values) {
		rendered = append(rendered, s.render(value))
	}
	slices.Sort(rendered)
	return rendered
}

// origin finds the resource that a value of another stack comes from.
func (a *assembly) origin(t *testing.T, value any) (*template, *resource) {
	t.Helper()
	if export, ok := dig(value, "Fn::ImportValue").(string); ok {
		return a.exporter(t, export)
	}
	from := dig(value, "Fn::GetStackOutput")
	require.NotNil(t, from, "%v is no value of another stack", value)
	name, _ := dig(from, "StackName").(string)
	s := a.stack(t, strings.TrimPrefix(name, a.platform.Name+"-"))
	output, _ := dig(from, "OutputName").(string)
	ids := references(dig(s.body, "Outputs", output, "Value"))
	require.Len(t, ids, 1, "the output %s of %s", output, s.name)
	return s, s.byID(t, ids[0])
}

// exporter finds the resource that an export of another stack is of.
func (a *assembly) exporter(t *testing.T, export string) (*template, *resource) {
	t.Helper()
	for _, s := range a.stacks {
		outputs, _ := s.body["Outputs"].(map[string]any)
		for _, output := range outputs {
			if ids := references(dig(output, "Value")); dig(output, "Export", "Name") == export && len(ids) == 1 {
				return s, s.byID(t, ids[0])
			}
		}
	}
	require.Fail(t, "no stack exports "+export)
	return nil, nil
}

// requireOrigin checks that a value is the resource of a type in the delivery
// stack, at a construct path.
func (a *assembly) requireOrigin(t *testing.T, value any, kind, path string) {
	t.Helper()
	from, r := a.origin(t, value)
	require.Equal(t, a.stack(t, "delivery").at(t, kind, path), r)
	require.Equal(t, "delivery", from.name)
	require.NotNil(t, dig(value, "Fn::ImportValue"), "a strong reference: %v", value)
}

// tags are the tags of a resource.
func (r *resource) tags() map[string]string {
	found := map[string]string{}
	for _, tag := range list(r.get("Tags")) {
		found[dig(tag, "Key").(string)] = dig(tag, "Value").(string)
	}
	return found
}

// object parses a property that is JSON in a text.
func (s *template) object(t *testing.T, value any, into any) {
	t.Helper()
	rendered := s.render(value)
	require.NoError(t, json.Unmarshal([]byte(rendered), into), "not JSON: %s", rendered)
}

// statement is a statement of an IAM policy.
type statement struct {
	effect             string
	actions, resources []string // sorted
	principals         []string // Service:…, AWS:…
	condition          any
	sid                string
	negated            bool // NotAction, NotResource or NotPrincipal
}

// statements reads a policy document.
func (s *template) statements(document any) (found []statement) {
	for _, raw := range list(dig(document, "Statement")) {
		one := statement{
			actions:   s.renderAll(dig(raw, "Action")),
			resources: s.renderAll(dig(raw, "Resource")),
			condition: dig(raw, "Condition"),
		}
		one.effect, _ = dig(raw, "Effect").(string)
		one.sid, _ = dig(raw, "Sid").(string)
		for _, key := range []string{"NotAction", "NotResource", "NotPrincipal"} {
			one.negated = one.negated || dig(raw, key) != nil
		}
		switch principal := dig(raw, "Principal").(type) {
		case string:
			one.principals = []string{principal}
		case map[string]any:
			for kind, values := range principal {
				for _, value := range s.renderAll(values) {
					one.principals = append(one.principals, kind+":"+value)
				}
			}
			slices.Sort(one.principals)
		}
		found = append(found, one)
	}
	return found
}

// trust are the statements that say who may take a role.
func (s *template) trust(role *resource) []statement {
	return s.statements(role.get("AssumeRolePolicyDocument"))
}

// permissions are the statements of a role, inline or attached.
func (s *template) permissions(role *resource) (found []statement) {
	for _, policy := range list(role.get("Policies")) {
		found = append(found, s.statements(dig(policy, "PolicyDocument"))...)
	}
	for _, kind := range []string{"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"} {
		for _, policy := range s.all(kind) {
			if refersTo(policy.get("Roles"), role) {
				found = append(found, s.statements(policy.get("PolicyDocument"))...)
			}
		}
	}
	return found
}

// managedPolicies are the names of a role's AWS managed policies.
func (s *template) managedPolicies(role *resource) (names []string) {
	for _, value := range list(role.get("ManagedPolicyArns")) {
		// The CDK attaches some only in partitions that have them.
		if alternatives := list(dig(value, "Fn::If")); len(alternatives) == 3 {
			value = alternatives[1]
		}
		_, name, _ := strings.Cut(s.render(value), ":iam::aws:policy/")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// accessPolicy is the name of an EKS access policy.
func accessPolicy(s *template, policy any) string {
	_, name, _ := strings.Cut(s.render(dig(policy, "PolicyArn")), ":eks::aws:cluster-access-policy/")
	return name
}
