// Package validate is the gate that reviews templates as CloudFormation itself
// would: every property, every reference, every stack that reads another one,
// and every file that a deployment uploads. What the engine of AWS does not see
// is looked at by rules of its own, one idea a file.
package validate

import (
	"context"
	"fmt"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
)

// New is the gate. Its engine stays for as long as the process: it takes
// seconds to load.
func New() gate.Gate {
	var engine engine
	return gate.Gate{Name: "validate", Run: func(ctx context.Context, in gate.Input) ([]finding.Finding, error) {
		return review(ctx, engine.in(in.Root), in.Assembly)
	}}
}

// rules need no tool.
var rules = []func(*assembly.Assembly) []finding.Finding{
	missingContext, placeholders, stackOutputs, exports, sections, functions,
	emptyValues, referenceKinds, physicalNames, limits, customResources,
	securityGroups, endpoints, events, lambdas, pipelines, notifications, tags, attachments,
	assetKeys, assetFiles, handlers,
}

func review(ctx context.Context, engine *engine, a *assembly.Assembly) (found []finding.Finding, err error) {
	for _, rule := range rules {
		found = append(found, rule(a)...)
	}
	for _, stack := range a.Stacks {
		said, err := engine.ask(ctx, stack)
		if err != nil {
			return found, fmt.Errorf("validate the template of %s: %w", stack.ID, err)
		}
		found = append(found, said...)
	}
	return found, nil
}

// at is a finding about a resource.
func at(r *assembly.Resource, rule, problem, fix string) finding.Finding {
	return finding.Finding{
		Rule: rule, Severity: finding.Error, Stack: r.Stack.ID, LogicalID: r.LogicalID, Path: r.Path,
		Problem: problem, Fix: fix,
	}
}

// in is a finding about a part of a template that is not a resource, by its
// name, such as that of an output.
func in(s *assembly.Stack, name, rule, problem, fix string) finding.Finding {
	return finding.Finding{
		Rule: rule, Severity: finding.Error, Stack: s.ID, LogicalID: name, Problem: problem, Fix: fix,
	}
}
