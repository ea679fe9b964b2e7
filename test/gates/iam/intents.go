package iam

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/node"
)

// subject is a role with its policies and what it is for.
type subject struct {
	role     *assembly.Resource
	policies []document
	purposes []purpose
}

// holder is where a missing right belongs: the role's policy, if it has one.
func (s subject) holder() *assembly.Resource {
	for _, d := range s.policies {
		return d.owner
	}
	return s.role
}

func (s subject) names() string {
	var all []string
	for _, p := range s.purposes {
		all = append(all, p.name)
	}
	return join(all)
}

// intents compares what each role may do with what it is for.
func intents(ctx context.Context, worker *node.Worker, r review) (found []finding.Finding, err error) {
	var questions []question
	for _, s := range subjects(r) {
		for _, d := range s.policies {
			for _, one := range d.statements {
				found = append(found, beyond(d, one, s)...)
			}
		}
		for _, p := range s.purposes {
			for _, one := range p.must {
				questions = append(questions, r.question(s, p, one, true))
			}
			for _, one := range p.never {
				questions = append(questions, r.question(s, p, one, false))
			}
		}
	}
	questions = append(questions, r.callers()...)
	questions = append(questions, r.across()...)
	answered, err := simulate(ctx, worker, questions)
	return append(found, answered...), err
}

func subjects(r review) (all []subject) {
	used := usesOf(r.assembly)
	w := world{r.assembly}
	for _, role := range r.assembly.All("AWS::IAM::Role") {
		s := subject{role: role, policies: r.policies(role)}
		for _, u := range used {
			if u.role == role {
				s.purposes = append(s.purposes, w.purposeOf(u))
			}
		}
		for _, d := range r.documents {
			if d.owner != role || d.kind != trust {
				continue
			}
			for _, one := range d.statements {
				for _, c := range one.conditions {
					if strings.HasSuffix(c.key, ":sub") {
						s.purposes = append(s.purposes, w.workflow(join(c.values)))
					}
				}
			}
		}
		all = append(all, s)
	}
	return all
}

// policies are the role's own and those that are attached to it.
func (r review) policies(role *assembly.Resource) (all []document) {
	name := resolver{r.assembly, role.Stack}.name(role)
	for _, d := range r.documents {
		here := resolver{r.assembly, d.owner.Stack}
		attached := d.owner.Stack == role.Stack && slices.Contains(texts(here.resolve(d.owner.Get("Roles"))), name)
		managed := d.owner.Type == "AWS::IAM::ManagedPolicy" &&
			slices.Contains(texts(resolver{r.assembly, role.Stack}.resolve(role.Get("ManagedPolicyArns"))), arnOf(r.assembly, d.owner))
		if d.kind == identity && (d.owner == role || attached || managed) {
			all = append(all, d)
		}
	}
	return all
}

// beyond finds what a statement allows that no purpose of the role needs.
func beyond(d document, s statement, of subject) (found []finding.Finding) {
	if s.effect != "Allow" || len(of.purposes) == 0 {
		return nil
	}
	for _, action := range s.actions {
		for _, arn := range s.resources {
			if !of.may(action, arn) {
				found = append(found, about(d, s, "beyond-purpose",
					fmt.Sprintf("the role %s, which is for %s, may %s on %s, which that does not need", of.role.LogicalID, of.names(), action, arn),
					"remove it; a right that the purpose does need belongs into the tables in purpose.go, delivery.go and cluster.go")...)
			}
		}
	}
	return found
}

func (s subject) may(action, arn string) bool {
	action = strings.ToLower(action)
	for _, p := range s.purposes {
		for _, g := range p.may {
			if slices.ContainsFunc(g.actions, func(one string) bool { return covers(strings.ToLower(one), action) }) &&
				slices.ContainsFunc(g.resources, func(one string) bool { return covers(one, arn) }) {
				return true
			}
		}
	}
	return false
}
