package rules

import (
	"encoding/json"
	"path"
	"slices"

	"gitops-eks/test/gates/assembly"
)

// policyRules are about the policies of keys, buckets, topics, queues and registries.
var policyRules = []rule{
	{"policy-open", policyOpen},
}

// resourcePolicies are the properties that hold the policy of a resource.
var resourcePolicies = map[string][]any{
	"AWS::KMS::Key":         {"KeyPolicy"},
	"AWS::S3::BucketPolicy": {"PolicyDocument"},
	"AWS::SNS::TopicPolicy": {"PolicyDocument"},
	"AWS::SQS::QueuePolicy": {"PolicyDocument"},
	"AWS::ECR::Repository":  {"RepositoryPolicyText"},
	"AWS::Logs::LogGroup":   {"ResourcePolicyDocument"},
	"AWS::Events::EventBus": {"Policy"},
	"AWS::IAM::Role":        {"AssumeRolePolicyDocument"},
}

// policyOpen wants no policy that allows everybody without a condition.
func policyOpen(v *review) {
	for kind, property := range resourcePolicies {
		for _, r := range v.assembly.All(kind) {
			for _, statement := range statementsIn(r.Get(property...)) {
				if at(statement, "Effect") != "Allow" || at(statement, "Condition") != nil {
					continue
				}
				principals := v.texts(r.Stack, at(statement, "Principal"))
				if account := at(statement, "Principal", "AWS"); account != nil {
					principals = v.texts(r.Stack, account)
				}
				if slices.Contains(principals, "*") {
					v.wrong(r, "name the principals, or add a condition", "its policy allows %v to everybody", v.texts(r.Stack, at(statement, "Action")))
				}
			}
		}
	}
}

// statementsIn are those of a policy document, an object or JSON text.
func statementsIn(document any) []any {
	if text, ok := document.(string); ok {
		var parsed any
		if json.Unmarshal([]byte(text), &parsed) == nil {
			document = parsed
		}
	}
	return assembly.List(at(document, "Statement"))
}

// statements are those of all the role's inline and attached policies.
func (v *review) statements(role *assembly.Resource) []any {
	var found []any
	for _, inline := range assembly.List(role.Get("Policies")) {
		found = append(found, statementsIn(at(inline, "PolicyDocument"))...)
	}
	for _, policy := range v.policiesOf(role) {
		found = append(found, statementsIn(policy.Get("PolicyDocument"))...)
	}
	return found
}

// allows says whether the statement allows the action on some resource.
func (v *review) allows(statement any, action string) bool {
	if at(statement, "Effect") != "Allow" {
		return false
	}
	return slices.ContainsFunc(assembly.List(at(statement, "Action")), func(pattern any) bool {
		text, _ := pattern.(string)
		ok, err := path.Match(text, action)
		return err == nil && ok
	})
}

// trusts says whether the role's trust policy lets the service take it, with all actions.
func (v *review) trusts(role *assembly.Resource, service string, actions ...string) bool {
	for _, statement := range statementsIn(role.Get("AssumeRolePolicyDocument")) {
		if !slices.Contains(v.texts(role.Stack, at(statement, "Principal", "Service")), service) {
			continue
		}
		if !slices.ContainsFunc(actions, func(action string) bool { return !v.allows(statement, action) }) {
			return true
		}
	}
	return false
}
