// Package iam is the gate that reviews permissions: every policy in every
// template, whom it trusts, and what each role of the platform can do in the
// end, found by what the role is used for.
package iam

import (
	"context"
	"fmt"
	"path/filepath"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
	"gitops-eks/test/gates/node"
)

// New is the gate.
func New() gate.Gate { return gate.Gate{Name: "iam", Run: run} }

// statementRules look at one statement of a policy.
var statementRules = []func(review, document, statement) []finding.Finding{
	actions, placement, reach, conditionKeys, breadth, escalation, publicity, services,
}

// review is what the rules know.
type review struct {
	assembly  *assembly.Assembly
	documents []document
	facts     facts
}

func run(ctx context.Context, in gate.Input) (found []finding.Finding, err error) {
	worker := &node.Worker{Script: filepath.Join(in.Root, "test", "gates", "node", "iam.mjs")}
	defer func() { _ = worker.Close() }()
	return look(ctx, worker, in.Assembly)
}

func look(ctx context.Context, worker *node.Worker, a *assembly.Assembly) ([]finding.Finding, error) {
	r, found, err := read(ctx, worker, a)
	if err != nil {
		return nil, err
	}
	intended, err := intents(ctx, worker, r)
	return append(found, intended...), err
}

// read reviews the policies one by one, without asking what comes of them together.
func read(ctx context.Context, worker *node.Worker, a *assembly.Assembly) (r review, found []finding.Finding, err error) {
	r = review{assembly: a, documents: documents(a)}
	if found, err = syntax(ctx, worker, r.documents); err != nil {
		return r, nil, err
	}
	if r.facts, err = askFacts(ctx, worker, r.documents); err != nil {
		return r, nil, err
	}
	for _, d := range r.documents {
		for _, s := range d.statements {
			for _, rule := range statementRules {
				found = append(found, rule(r, d, s)...)
			}
		}
		found = append(found, trusts(r, d)...)
		found = append(found, ownResource(r, d)...)
		found = append(found, form(d)...)
		found = append(found, lockout(d)...)
	}
	found = append(found, credentials(r)...)
	found = append(found, permissions(r)...)
	found = append(found, audiences(r)...)
	found = append(found, uses(r)...)
	found = append(found, managedPolicies(r)...)
	return r, append(found, accessEntries(r)...), nil
}

func at(r *assembly.Resource, rule, problem, fix string) finding.Finding {
	return finding.Finding{
		Rule: rule, Severity: finding.Error, Stack: r.Stack.ID, LogicalID: r.LogicalID, Path: r.Path,
		Problem: problem, Fix: fix,
	}
}

// about is a finding about a statement.
func about(d document, s statement, rule, problem, fix string) []finding.Finding {
	return []finding.Finding{at(d.owner, rule, fmt.Sprintf("%s, statement %s: %s", d.where, s.name, problem), fix)}
}

// syntax asks whether AWS would accept each policy at all.
func syntax(ctx context.Context, worker *node.Worker, all []document) (found []finding.Finding, err error) {
	type question struct {
		Kind     kind `json:"kind"`
		Document any  `json:"document"`
	}
	questions := []question{}
	for _, d := range all {
		questions = append(questions, question{d.kind, d.content})
	}
	var answers [][]struct{ Path, Message string }
	if err := worker.Ask(ctx, map[string]any{"operation": "syntax", "documents": questions}, &answers); err != nil {
		return nil, err
	}
	for i, problems := range answers {
		for _, problem := range problems {
			// In a repository's or a key's policy, the resource is that of the policy.
			found = append(found, at(all[i].owner, "policy-syntax",
				fmt.Sprintf("%s of %s: %s", problem.Path, all[i].where, problem.Message),
				"correct the policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"))
		}
	}
	return found, nil
}
