package iam

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/finding"
)

// operators fit the types of keys.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
var (
	operatorForm = regexp.MustCompile(`^(?:ForAllValues:|ForAnyValue:)?(String|Numeric|Date|Bool|Binary|IpAddress|NotIpAddress|Arn|Null)` +
		`(Equals|NotEquals|EqualsIgnoreCase|NotEqualsIgnoreCase|Like|NotLike|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals)?(IfExists)?$`)
	fitting = map[string][]string{
		"Bool": {"bool"}, "Numeric": {"numeric"}, "Date": {"date"}, "Arn": {"arn"},
		"IpAddress": {"ipaddress"}, "NotIpAddress": {"ipaddress"},
		"String": {"string", "arn"},
	}
)

// conditionKeys finds conditions that are never met, or always: a key that the
// actions do not have, an operator of another type, a value that cannot be.
func conditionKeys(r review, d document, s statement) (found []finding.Finding) {
	for _, c := range s.conditions {
		form := operatorForm.FindStringSubmatch(c.operator)
		if form == nil {
			found = append(found, about(d, s, "unknown-operator", fmt.Sprintf("%q is no condition operator", c.operator),
				"use one such as StringEquals, StringLike, ArnLike or Bool")...)
			continue
		}
		if federatedKey(s, c.key) {
			continue
		}
		known := r.facts.Keys[c.key]
		if !known.Known {
			found = append(found, about(d, s, "unknown-condition-key", fmt.Sprintf("%q is no condition key", c.key),
				"use a global key or one that the service authorization reference names for the actions")...)
			continue
		}
		if !strings.HasPrefix(strings.ToLower(c.key), "aws:") && len(s.actions) > 0 && !r.supported(s, c.key) {
			found = append(found, about(d, s, "unknown-condition-key", fmt.Sprintf("none of %s knows the key %s", join(s.actions), c.key), "use a key of the actions")...)
		}
		kind := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(known.Type), "arrayof"), "array of ")
		if allowed := fitting[form[1]]; allowed != nil && kind != "" && !slices.Contains(allowed, kind) {
			found = append(found, about(d, s, "unknown-operator", fmt.Sprintf("%s compares %s, which is of type %s", c.operator, c.key, known.Type), "use an operator of that type")...)
		}
		for _, value := range c.values {
			if (form[1] == "Bool" || form[1] == "Null") && value != "true" && value != "false" {
				found = append(found, about(d, s, "condition-value", fmt.Sprintf("%s of %s is %q, want true or false", c.operator, c.key, value), "set true or false")...)
			}
		}
	}
	return found
}

// supported says whether one of the actions has the key.
func (r review) supported(s statement, key string) bool {
	for _, pattern := range s.actions {
		known := r.facts.Actions[pattern]
		if len(known.Matches) == 0 { // a service as a whole, or reported as unknown
			return true
		}
		for _, action := range known.Matches {
			for _, one := range action.Keys {
				if meet(strings.ToLower(variable.ReplaceAllString(one, "*")), strings.ToLower(key)) {
					return true
				}
			}
		}
	}
	return false
}

// federatedKey says whether the key is a claim of the identity provider that
// the statement trusts, such as token.actions.githubusercontent.com:sub.
func federatedKey(s statement, key string) bool {
	host, claim, _ := strings.Cut(key, ":")
	return slices.ContainsFunc(s.principals, func(p principal) bool {
		return p.kind == "Federated" && strings.HasSuffix(p.value, "oidc-provider/"+host) &&
			slices.Contains([]string{"aud", "sub", "amr"}, claim)
	})
}
