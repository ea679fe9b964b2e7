// Package stacks compares the templates of two assemblies and judges what a
// deployment of the difference would replace, delete, or open.
package stacks

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/node"
	"gitops-eks/test/gates/review/change"
	"gitops-eks/test/gates/review/objects"
)

// Compare compares all stacks. The worker runs node/diff.mjs.
func Compare(ctx context.Context, worker *node.Worker, base, head *assembly.Assembly) (change.Result, error) {
	c := &comparison{worker: worker, base: base, head: head, moved: map[string]*delta{}}
	var result change.Result
	for _, stack := range base.Stacks {
		if head.Stack(stack.ID) == nil {
			result.Add(removedStack(stack))
		}
	}
	var all []*delta
	for _, stack := range inOrder(head) {
		before := base.Stack(stack.ID)
		if before != nil {
			result.Add(movedStack(before, stack))
		}
		found, err := c.deltas(ctx, before, stack)
		if err != nil {
			return result, err
		}
		for _, d := range found {
			result.Risks = append(result.Risks, c.widened(d)...)
			result.Risks = append(result.Risks, weakened(d)...)
			result.Risks = append(result.Risks, skewed(d)...)
			result.Risks = append(result.Risks, switched(d)...)
			result.Risks = append(result.Risks, disownedObjects(d)...)
		}
		if before == nil {
			result.Changes = append(result.Changes, newStack(stack))
			continue
		}
		changes, err := c.changes(before, stack, found)
		if err != nil {
			return result, err
		}
		result.Changes = append(result.Changes, changes...)
		all = append(all, found...)
	}
	losses, err := c.losses(all)
	result.Risks = append(result.Risks, losses...)
	return result, err
}

// inOrder are the stacks, each after those that it depends on.
func inOrder(a *assembly.Assembly) []*assembly.Stack {
	var ordered []*assembly.Stack
	seen := map[string]bool{}
	var visit func(*assembly.Stack)
	visit = func(stack *assembly.Stack) {
		if seen[stack.ID] {
			return
		}
		seen[stack.ID] = true
		for _, id := range stack.DependsOn {
			visit(a.Stack(id))
		}
		ordered = append(ordered, stack)
	}
	for _, stack := range a.Stacks {
		visit(stack)
	}
	return ordered
}

func removedStack(stack *assembly.Stack) change.Result {
	env := Environment(stack.ID)
	risk := change.Risk{
		Environment: env, Class: change.Loss, Name: stack.ID, Accept: change.AllowDeletion,
		What: "the stack is no longer in the program: a deployment leaves it as it is, nothing updates it any more, and cdk destroy at the base deletes it",
	}
	for _, r := range stack.All() {
		if what := lost(&delta{old: r}); what != "" {
			risk.More = append(risk.More, "in it "+pathOf(r)+": "+what)
		}
	}
	return change.Result{
		Risks:   []change.Risk{risk},
		Changes: []change.Change{{Environment: env, Part: stack.ID, Action: change.Removed, Name: "the whole stack", Short: fmt.Sprintf("%d resources", len(stack.Resources))}},
	}
}

func newStack(stack *assembly.Stack) change.Change {
	added := change.Change{
		Environment: Environment(stack.ID), Part: stack.ID, Action: change.Added, Name: "a new stack",
		Short: fmt.Sprintf("%d resources", len(stack.Resources)),
	}
	for _, r := range stack.All() {
		added.Lines = append(added.Lines, "+ "+r.Type+" "+pathOf(r))
	}
	return added
}

// movedStack is the risk of a stack that is another one to CloudFormation.
func movedStack(base, head *assembly.Stack) change.Result {
	var said []string
	for _, part := range []struct{ what, before, now string }{
		{"name", base.Name, head.Name}, {"account", base.Account, head.Account}, {"region", base.Region, head.Region},
	} {
		// Where it was open, it was the deploying credentials', perhaps the same.
		if part.before != "" && part.now != "" && part.before != part.now {
			said = append(said, fmt.Sprintf("%s: %s → %s", part.what, part.before, part.now))
		}
	}
	if len(said) == 0 {
		return change.Result{}
	}
	return change.Result{Risks: []change.Risk{{
		Environment: Environment(head.ID), Class: change.Loss, Name: head.ID, Accept: change.AllowReplacement,
		What: fmt.Sprintf("the stack is another one (%s): all of it is created anew, and the old stack stays, with nothing to update it", strings.Join(said, "; ")),
	}}}
}

// changes are the differences of one stack, one a resource.
func (c *comparison) changes(base, head *assembly.Stack, found []*delta) ([]change.Change, error) {
	var changes []change.Change
	told := map[string]bool{}
	for _, d := range found {
		one, err := c.change(d)
		if err != nil {
			return nil, err
		}
		told[d.ID] = true
		if one.Action != change.Changed || one.Short != "" || len(one.Lines) > 0 {
			changes = append(changes, one)
		}
	}
	for _, r := range head.All() {
		before := base.Resources[r.LogicalID]
		if before == nil || told[r.LogicalID] || reflect.DeepEqual(hashes(before.Body["Properties"]), hashes(r.Body["Properties"])) {
			continue
		}
		changes = append(changes, change.Change{
			Environment: Environment(head.ID), Part: head.ID, Action: change.Code, Name: pathOf(r),
		})
	}
	return changes, nil
}

func (c *comparison) change(d *delta) (change.Change, error) {
	one := change.Change{Environment: d.environment, Part: d.either().Stack.ID, Name: d.name(), Action: change.Changed}
	var err error
	switch {
	case d.old == nil:
		one.Action, one.Short = change.Added, d.head.Type
		one.Lines, err = objects.Whole("+ ", presented(d.head.Properties))
		return one, err
	case d.head == nil:
		one.Action, one.Short = change.Removed, d.old.Type
		return one, nil
	case d.replaced():
		one.Action = change.Replaced
	}
	one.Short, one.Lines, err = objects.Diff(body(d.old), body(d.head))
	if len(one.Lines) == 0 && len(d.causes) > 0 {
		one.Short = "because " + d.causes[0].name() + " is replaced"
	}
	return one, err
}

// body is what of a resource a reviewer compares: the properties without a
// word about them, and what is beside them.
func body(r *assembly.Resource) map[string]any {
	all := map[string]any{}
	for key, value := range r.Body {
		if key != "Properties" && key != "Metadata" {
			all[key] = presented(value)
		}
	}
	for key, value := range r.Properties {
		all[key] = presented(value)
	}
	if dependsOn, ok := all["DependsOn"].([]any); ok { // a set
		slices.SortFunc(dependsOn, func(a, b any) int { return strings.Compare(text(a), text(b)) })
	}
	return all
}
