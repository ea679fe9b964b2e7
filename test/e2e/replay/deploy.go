package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Deploy creates what is in the cluster, stack by stack, each resource after
// those that it depends on, one at a time. CloudFormation would take back what
// was made before a failure; replay leaves that to the caller, for whom
// [Replay.Delete] does it, so that it can look at the cluster first. A second
// call goes on from where the first failed.
func (r *Replay) Deploy(ctx context.Context) error { return r.Update(ctx, r.Assembly) }

// Update goes from what is deployed to another assembly: it updates resources
// whose resolved properties changed, creates new ones, and then, at the end of
// each stack, deletes those that are gone.
func (r *Replay) Update(ctx context.Context, to *Assembly) error {
	stacks, err := to.stacksOf(r.Environment)
	if err != nil {
		return err
	}
	for _, stack := range stacks {
		if err := r.updateStack(ctx, to, stack); err != nil {
			return fmt.Errorf("deploy %s: %w", stack.ID, err)
		}
	}
	r.Assembly = to
	return nil
}

func (r *Replay) updateStack(ctx context.Context, to *Assembly, stack *Stack) error {
	old, err := r.inReverse(stack.ID)
	if err != nil {
		return err
	}
	wanted, err := stack.inCluster()
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	for i, resource := range wanted {
		if resource.Condition != "" {
			if exists, err := r.resolver(to).in(stack).condition(resource.Path(), resource.Condition); err != nil || !exists {
				if err != nil {
					return err
				}
				continue
			}
		}
		keep[key(resource)] = true
		if err := r.createOrUpdate(ctx, to, resource); err != nil {
			return explain(resource, wanted[i+1:], err)
		}
	}
	for _, made := range old {
		if !keep[key(made.resource)] {
			if err := r.delete(ctx, made); err != nil {
				return fmt.Errorf("%s: %w", made.resource.Path(), err)
			}
		}
	}
	return nil
}

// explain adds to a failure what came after the resource for want of a dependency.
func explain(resource *Resource, later []*Resource, problem error) error {
	unordered, err := resource.unordered(later)
	if len(unordered) > 0 {
		err = errors.Join(err, fmt.Errorf("it does not depend on %s: add the dependency if it needs them", strings.Join(unordered, ", ")))
	}
	return fmt.Errorf("%s: %w", resource.Path(), errors.Join(problem, err))
}

func (r *Replay) createOrUpdate(ctx context.Context, to *Assembly, resource *Resource) error {
	properties, err := r.properties(to, resource)
	if err != nil {
		return err
	}
	made := r.deployed[key(resource)]
	e := &event{
		RequestType: Create, ResourceType: resource.Type, ResourceProperties: properties,
		LogicalResourceID: resource.LogicalID, StackID: r.Values.stackID(resource.Stack), RequestID: newID(),
		ResponseURL: "https://cloudformation.invalid/", ServiceToken: fmt.Sprint(properties["ServiceToken"]),
	}
	if made == nil || made.creating {
		made = &deployed{resource: resource, creating: true, properties: properties, number: len(r.steps)}
		r.deployed[key(resource)] = made
		return r.request(ctx, made, e)
	}
	if err := unchangeable(made, resource, properties); err != nil {
		return err
	}
	if reflect.DeepEqual(made.properties, properties) {
		made.resource = resource // another assembly's
		return nil
	}
	e.RequestType, e.OldResourceProperties, e.PhysicalResourceID = Update, made.properties, made.physicalID
	if err := r.request(ctx, made, e); err != nil {
		return err
	}
	made.resource = resource
	return nil
}

// unchangeable is what CloudFormation refuses before it asks the handler.
func unchangeable(made *deployed, resource *Resource, properties map[string]any) error {
	if made.resource.Type != resource.Type {
		return &failure{fmt.Sprintf("Update of resource type is not permitted. The new template modifies resource type of %s, from %s to %s", resource.LogicalID, made.resource.Type, resource.Type)}
	}
	if made.properties["ServiceToken"] != properties["ServiceToken"] {
		return &failure{"Modifying service token is not allowed."}
	}
	return nil
}

// properties are a resource's as the handler gets them.
func (r *Replay) properties(a *Assembly, resource *Resource) (map[string]any, error) {
	resolved, err := r.resolver(a).in(resource.Stack).resolveMap(resource.Path(), resource.Properties)
	if err != nil {
		return nil, err
	}
	texts, err := asStrings(resource.Path(), resolved)
	if err != nil {
		return nil, err
	}
	properties := texts.(map[string]any)
	if resource.Type == typeManifest && r.Object != nil {
		if properties["Manifest"], err = r.objects(resource.Path(), fmt.Sprint(properties["Manifest"])); err != nil {
			return nil, err
		}
	}
	return properties, nil
}

// objects lets the caller change the objects of a manifest. One that nothing
// is changed in stays as it is written.
func (r *Replay) objects(path, text string) (string, error) {
	var before, after []map[string]any
	for _, list := range []*[]map[string]any{&before, &after} {
		if err := json.Unmarshal([]byte(text), list); err != nil {
			return "", fmt.Errorf("the manifest is not a list of objects: %w", err)
		}
	}
	for _, object := range after {
		if err := r.Object(path, object); err != nil {
			return "", err
		}
	}
	if reflect.DeepEqual(before, after) {
		return text, nil
	}
	changed, err := json.Marshal(after)
	return string(changed), err
}

// Delete deletes all that is deployed, in the reverse order, as the deletion
// of the stacks does. It ends at the first failure; a second call goes on.
func (r *Replay) Delete(ctx context.Context) error {
	stacks, err := r.Assembly.stacksOf(r.Environment)
	if err != nil {
		return err
	}
	for _, stack := range slices.Backward(stacks) {
		all, err := r.inReverse(stack.ID)
		if err != nil {
			return err
		}
		for _, made := range all {
			if err := r.delete(ctx, made); err != nil {
				return fmt.Errorf("delete %s: %s: %w", stack.ID, made.resource.Path(), err)
			}
		}
	}
	return nil
}

// inReverse lists what is deployed of a stack, in the order of its deletion.
// The dependencies are those with which each was deployed last: after a failed
// update, the templates differ.
func (r *Replay) inReverse(stackID string) (found []*deployed, err error) {
	var ids []string
	edges := map[string][]string{}
	for _, made := range r.deployed {
		if made.resource.Stack.ID == stackID {
			ids = append(ids, made.resource.LogicalID)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return r.deployed[stackID+"/"+a].number - r.deployed[stackID+"/"+b].number })
	for _, id := range ids {
		needs, err := r.deployed[stackID+"/"+id].resource.needs()
		if err != nil {
			return nil, err
		}
		edges[id] = slices.DeleteFunc(needs, func(need string) bool { return !slices.Contains(ids, need) })
	}
	sorted, err := sortByDependency(ids, edges)
	for _, id := range slices.Backward(sorted) {
		found = append(found, r.deployed[stackID+"/"+id])
	}
	return found, err
}

func (r *Replay) delete(ctx context.Context, made *deployed) error {
	if made.resource.DeletionPolicy == "Retain" {
		r.record(r.step(made, Delete, 0), Retained, nil)
		delete(r.deployed, key(made.resource))
		return nil
	}
	e := &event{
		RequestType: Delete, ResourceType: made.resource.Type, ResourceProperties: made.properties, PhysicalResourceID: made.physicalID,
		LogicalResourceID: made.resource.LogicalID, StackID: r.Values.stackID(made.resource.Stack), RequestID: newID(),
		ResponseURL: "https://cloudformation.invalid/", ServiceToken: fmt.Sprint(made.properties["ServiceToken"]),
	}
	if err := r.request(ctx, made, e); err != nil {
		return err
	}
	delete(r.deployed, key(made.resource))
	return nil
}

// Resend has the last event of a resource come again, with the same request
// id, as it does after an answer got lost. The path is the construct's.
func (r *Replay) Resend(ctx context.Context, path string) error {
	for _, made := range r.deployed {
		if made.resource.Path() == path && made.last != nil {
			return r.try(ctx, made, made.last, 1, nil)
		}
	}
	return errors.New("nothing was sent to " + path)
}
