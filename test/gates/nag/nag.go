// Package nag runs cdk-nag's AwsSolutions rules over the templates.
package nag

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
	"gitops-eks/test/gates/nag/report"
)

// New is the gate. Its rules are cdk-nag's with their details, such as
// AwsSolutions-IAM4[Policy::…], made as narrow as a suppression should be.
func New() gate.Gate {
	return gate.Gate{Name: "nag", Run: run}
}

func run(ctx context.Context, in gate.Input) ([]finding.Finding, error) {
	c := client{module: filepath.Join(in.Root, "test", "gates")}
	results, err := c.look(ctx, in.Assembly.Stacks)
	if err != nil {
		return nil, err
	}
	var found []finding.Finding
	var unseen []error
	for i, stack := range in.Assembly.Stacks {
		if results[i].Error != "" {
			var broken []finding.Finding
			if broken, results[i], err = c.narrowDown(ctx, stack, results[i]); err != nil {
				return found, err
			}
			found = append(found, broken...)
		}
		of, err := findings(stack, results[i])
		found, unseen = append(found, of...), append(unseen, err)
	}
	return found, errors.Join(unseen...)
}

func findings(stack *assembly.Stack, result report.Result) ([]finding.Finding, error) {
	if result.Error != "" {
		return nil, fmt.Errorf("cdk-nag could not look at stack %s: %s", stack.ID, reason(result.Error))
	}
	if result.Looked == 0 && len(stack.Resources) > 0 {
		return nil, fmt.Errorf("cdk-nag looked at no resource of stack %s", stack.ID)
	}
	var found []finding.Finding
	for _, said := range result.Findings {
		r := stack.Resources[said.LogicalID]
		if r == nil {
			return found, fmt.Errorf("cdk-nag names a resource that stack %s does not have: %s", stack.ID, said.LogicalID)
		}
		fix, _, _ := strings.Cut(said.Explanation, "This is a granular rule") // how cdk-nag suppresses
		f := finding.Finding{Stack: stack.ID, LogicalID: r.LogicalID, Path: r.Path, Rule: said.Rule, Fix: strings.TrimSpace(fix)}
		if said.Unknown {
			f.Severity = finding.Note
			f.Problem = "could not be evaluated, whether this is so: " + said.Info
			f.Fix = "check it by eye; cdk-nag says: " + said.Explanation
			found = append(found, f)
			continue
		}
		for _, rule := range narrow(r, said.Rule) {
			f.Rule, f.Problem = rule, words(rule, said.Info)
			found = append(found, f)
		}
	}
	return found, nil
}

// words are cdk-nag's, with the detail where there is one.
func words(rule, info string) string {
	_, detail, ok := strings.Cut(rule, "[")
	if !ok {
		return info
	}
	return strings.TrimSuffix(info, ".") + ": " + strings.TrimSuffix(detail, "]")
}
