package nag

import (
	"context"
	"fmt"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/nag/report"
)

// narrowDown finds the resources for which a stack cannot be loaded, each by
// itself, and returns the result of the others. When no resource alone is at
// fault, the result stays what it is.
func (c client) narrowDown(ctx context.Context, stack *assembly.Stack, result report.Result) ([]finding.Finding, report.Result, error) {
	var alone []*assembly.Stack
	for _, r := range stack.All() {
		alone = append(alone, part(stack, r.LogicalID, func(id string) bool { return id == r.LogicalID }))
	}
	results, err := c.look(ctx, alone)
	if err != nil {
		return nil, result, err
	}
	broken := map[string]bool{}
	var found []finding.Finding
	for i, r := range stack.All() {
		if results[i].Error == "" {
			continue
		}
		broken[r.LogicalID] = true
		found = append(found, finding.Finding{
			Rule: "load", Stack: stack.ID, LogicalID: r.LogicalID, Path: r.Path,
			Problem: fmt.Sprintf("the CDK cannot load the resource of type %q: %s", r.Type, reason(results[i].Error)),
			Fix:     "give the resource a type, and the properties that the CloudFormation reference has for it",
		})
	}
	if len(broken) == 0 {
		return nil, result, nil
	}
	others, err := c.look(ctx, []*assembly.Stack{part(stack, stack.ID, func(id string) bool { return !broken[id] })})
	if err != nil {
		return found, result, err
	}
	return found, others[0], nil
}

// part is the stack with some of its resources only.
func part(stack *assembly.Stack, id string, with func(id string) bool) *assembly.Stack {
	resources, bodies := map[string]*assembly.Resource{}, map[string]any{}
	for id, r := range stack.Resources {
		if with(id) {
			resources[id], bodies[id] = r, r.Body
		}
	}
	template := map[string]any{}
	for section, content := range stack.Template {
		template[section] = content
	}
	template["Resources"] = bodies
	return &assembly.Stack{ID: id, Template: template, Resources: resources}
}

// reason is what an exception says, without where it was thrown.
func reason(exception string) string {
	var said []string
	for line := range strings.Lines(exception) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "at ") || len(said) == 4 {
			break
		}
		if line != "" {
			said = append(said, line)
		}
	}
	return strings.TrimPrefix(strings.Join(said, " "), "Error: ")
}
