package iam

import (
	"fmt"
	"slices"

	"gitops-eks/test/gates/assembly"
)

// across asks, of every right that a role's policy gives on a resource in
// another account, whether the resource's own policy gives it, too: AWS wants
// both. Where a resource can have no policy, a role of its account is the way.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
func (r review) across() (all []question) {
	for _, role := range r.assembly.All("AWS::IAM::Role") {
		s := subject{role: role, policies: r.policies(role)}
		for _, d := range s.policies {
			for _, one := range d.statements {
				if one.effect == "Allow" {
					all = append(all, r.otherSides(s, d, one)...)
				}
			}
		}
	}
	return all
}

func (r review) otherSides(s subject, d document, one statement) (all []question) {
	context := map[string]string{}
	for _, c := range one.conditions {
		if len(c.values) > 0 {
			context[c.key] = c.values[0]
		}
	}
	from := s.role.Stack.Account
	for _, target := range r.assembly.All() {
		to := target.Stack.Account
		if from == "" || to == "" || from == to || arns[target.Type].arn == "" {
			continue
		}
		resources := []string{arnOf(r.assembly, target)}
		if target.Type == "AWS::S3::Bucket" {
			resources = append(resources, resources[0]+"/object")
		}
		for _, action := range r.expand(one) {
			for _, arn := range resources {
				given := slices.ContainsFunc(one.resources, func(pattern string) bool { return pattern != "*" && covers(pattern, arn) }) &&
					slices.ContainsFunc(action.Resources, func(format string) bool { return fits(arn, format) })
				if !given {
					continue
				}
				q := r.question(s, purpose{}, request{action.Action, arn, context}, true)
				q.simulation.Request.Resource.Account = to // S3's ARNs have none
				q.otherwise = at(d.owner, "across", fmt.Sprintf("%s, statement %s: %s on %s, which is in the account %s, is refused: %s does not allow it to %s of %s",
					d.where, one.name, action.Action, arn, to, construct(target), construct(s.role), from),
					"allow the account or the role in that resource's policy, too; where it can have none, as in CodeCommit, take a role of its account")
				all = append(all, q)
			}
		}
	}
	return all
}

// construct is what a resource is called in a sentence.
func construct(r *assembly.Resource) string { return or(r.Path, r.Stack.ID+"/"+r.LogicalID) }
