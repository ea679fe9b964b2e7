package iam

import (
	"fmt"
	"slices"
	"strings"

	"gitops-eks/test/gates/finding"
)

// actions finds actions that no service has: IAM accepts them, and they allow
// or deny nothing.
func actions(r review, d document, s statement) (found []finding.Finding) {
	for _, action := range slices.Concat(s.actions, s.notActions) {
		known, asked := r.facts.Actions[action]
		if action == "*" || strings.HasSuffix(action, ":*") && !strings.HasPrefix(action, ":") {
			continue
		}
		service, _, _ := strings.Cut(action, ":")
		fix := "name an action of the service authorization reference: https://docs.aws.amazon.com/service-authorization/latest/reference/"
		if known.Near != "" {
			fix = fmt.Sprintf("did you mean %s? Otherwise %s", known.Near, fix)
		}
		switch {
		case !asked:
			found = append(found, about(d, s, "unknown-action", fmt.Sprintf("%q is no action, want service:Action", action), fix)...)
		case !known.Service:
			found = append(found, about(d, s, "unknown-service", fmt.Sprintf("%q is an action of %q, a service that IAM does not know", action, service), fix)...)
		case len(known.Matches) == 0:
			found = append(found, about(d, s, "unknown-action", fmt.Sprintf("%q matches no action of %s", action, service), fix)...)
		}
	}
	return found
}

// expand are the actions that the statement's patterns match; those of a whole
// service are reported as such and not expanded.
func (r review) expand(s statement) (all []actionFact) {
	for _, action := range s.actions {
		all = append(all, r.facts.Actions[action].Matches...)
	}
	return all
}
