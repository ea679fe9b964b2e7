package stacks

import (
	"net/netip"
	"path"
	"reflect"
	"slices"
	"strings"
)

// access is what a resource gives to somebody more or less than before.
type access struct {
	StatementsAdded   []statement `json:"statementsAdded"`
	StatementsRemoved []statement `json:"statementsRemoved"`
	PoliciesAdded     []string    `json:"policiesAdded"`
	IngressAdded      []rule      `json:"ingressAdded"`
	IngressRemoved    []rule      `json:"ingressRemoved"`
	EgressAdded       []rule      `json:"egressAdded"`
	EgressRemoved     []rule      `json:"egressRemoved"`
}

// targets are values, or all but them.
type targets struct {
	Not    bool     `json:"not"`
	Values []string `json:"values"`
}

// statement of a policy.
type statement struct {
	Effect     string  `json:"effect"`
	Actions    targets `json:"actions"`
	Resources  targets `json:"resources"`
	Principals targets `json:"principals"`
	Condition  any     `json:"condition"`
}

// rule of a security group.
type rule struct {
	Protocol string `json:"ipProtocol"`
	From     *int   `json:"fromPort"`
	To       *int   `json:"toPort"`
	Peer     struct {
		Kind  string `json:"kind"`
		IP    string `json:"ip"`
		Group string `json:"securityGroupId"`
		List  string `json:"prefixListId"`
	} `json:"peer"`
}

// beyond is what the statement allows that none of the others did; no actions
// mean that it allows nothing new. CDK merges statements, so that one action
// more shows as a statement removed and another added.
func (s statement) beyond(others []statement) (actions, resources []string) {
	if s.Actions.Not || s.Resources.Not || s.Principals.Not || len(s.Actions.Values) == 0 {
		return or(s.Actions.Values, "everything"), or(s.Resources.Values, "*")
	}
	for _, action := range s.Actions.Values {
		for _, resource := range or(s.Resources.Values, "*") {
			for _, principal := range or(s.Principals.Values, "") {
				known := slices.ContainsFunc(others, func(o statement) bool {
					return o.Effect == s.Effect && o.covers(action, resource, principal, s.Condition)
				})
				if !known {
					actions, resources = append(actions, action), append(resources, resource)
				}
			}
		}
	}
	return unique(actions), unique(resources)
}

func (s statement) covers(action, resource, principal string, condition any) bool {
	if s.Actions.Not || s.Resources.Not || s.Principals.Not {
		return false
	}
	return (s.Condition == nil || reflect.DeepEqual(s.Condition, condition)) &&
		anyMatch(s.Actions.Values, strings.ToLower(action), strings.ToLower) &&
		anyMatch(or(s.Resources.Values, "*"), resource, nil) &&
		anyMatch(or(s.Principals.Values, ""), principal, nil)
}

func anyMatch(patterns []string, value string, fold func(string) string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if fold != nil {
			pattern = fold(pattern)
		}
		if pattern == value || pattern == "*" {
			return true
		}
		// '/' is nothing special in IAM, and ${…} no pattern.
		escape := strings.NewReplacer("/", "\x00", "[", "\\[", "\\", "\\\\")
		matched, err := path.Match(escape.Replace(pattern), strings.ReplaceAll(value, "/", "\x00"))
		return err == nil && matched
	})
}

// beyond says whether the rule lets more through than each of the others.
func (r rule) beyond(others []rule) bool {
	return !slices.ContainsFunc(others, func(o rule) bool {
		if o.Protocol != "-1" && (o.Protocol != r.Protocol || !within(r, o)) {
			return false
		}
		if r.Peer.Kind != "cidr-ip" || o.Peer.Kind != "cidr-ip" {
			return r.Peer == o.Peer
		}
		return contains(o.Peer.IP, r.Peer.IP)
	})
}

func within(inner, outer rule) bool {
	if outer.From == nil || outer.To == nil {
		return true
	}
	return inner.From != nil && inner.To != nil && *inner.From >= *outer.From && *inner.To <= *outer.To
}

// contains says whether the CIDR outer has all of inner; equal texts do.
func contains(outer, inner string) bool {
	if outer == inner {
		return true
	}
	o, err := netip.ParsePrefix(outer)
	if err != nil {
		return false
	}
	i, err := netip.ParsePrefix(inner)
	return err == nil && o.Bits() <= i.Bits() && o.Contains(i.Addr())
}

func or(values []string, otherwise string) []string {
	if len(values) == 0 {
		return []string{otherwise}
	}
	return values
}

func unique(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}
