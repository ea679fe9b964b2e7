package cluster

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// fieldManager of what the bench applies.
const fieldManager = "bench"

// Decode reads the objects of a YAML stream.
func Decode(text []byte) (objects []*unstructured.Unstructured, err error) {
	reader := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(document, &object.Object); err != nil {
			return nil, err
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// Apply applies objects on the server's side, one after the other, and waits
// until an applied CustomResourceDefinition is served.
func (c *Cluster) Apply(ctx context.Context, objects ...*unstructured.Unstructured) error {
	for _, object := range objects {
		// The answer is written into what was given; the caller keeps what it asked for.
		object := object.DeepCopy()
		err := c.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(fieldManager), client.ForceOwnership)
		if err != nil {
			return fmt.Errorf("apply %s %s: %w", object.GetKind(), name(object), err)
		}
	}
	for _, object := range objects {
		if object.GetKind() == "CustomResourceDefinition" {
			if err := c.Wait(ctx, Object{object.GetAPIVersion(), object.GetKind(), "", object.GetName()}, "Established"); err != nil {
				return err
			}
		}
	}
	return nil
}

func name(object *unstructured.Unstructured) string {
	if namespace := object.GetNamespace(); namespace != "" {
		return namespace + "/" + object.GetName()
	}
	return object.GetName()
}

// Object names an object.
type Object struct{ APIVersion, Kind, Namespace, Name string }

func (o Object) String() string {
	if o.Namespace == "" {
		return o.Kind + " " + o.Name
	}
	return o.Kind + " " + o.Namespace + "/" + o.Name
}

// Get reads an object.
func (c *Cluster) Get(ctx context.Context, o Object) (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion(o.APIVersion)
	object.SetKind(o.Kind)
	err := c.Client.Get(ctx, client.ObjectKey{Namespace: o.Namespace, Name: o.Name}, object)
	return object, err
}

// WaitReady waits until the condition Ready of an object is true, for its
// present generation.
func (c *Cluster) WaitReady(ctx context.Context, o Object) error { return c.Wait(ctx, o, "Ready") }

// Wait waits until a condition of an object is true, for its present
// generation. The error tells what the condition was at the end.
func (c *Cluster) Wait(ctx context.Context, o Object, condition string) error {
	last := "nothing is known of it"
	err := c.Until(ctx, o, func(object *unstructured.Unstructured) (met bool) {
		met, last = false, "it does not exist"
		if object != nil {
			if met, last = Condition(object, condition); last == "" {
				last = "it has no such condition yet"
			}
		}
		return met
	})
	if err != nil {
		return fmt.Errorf("%s is not %s: %s (%w)", o, condition, last, err)
	}
	return nil
}

// Condition tells whether a condition is true for the present generation of an
// object, and what it says: nothing when there is none.
func Condition(object *unstructured.Unstructured, kind string) (met bool, says string) {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, item := range conditions {
		condition, _ := item.(map[string]any)
		if condition["type"] != kind {
			continue
		}
		says = fmt.Sprintf("%v: %v: %v", condition["status"], condition["reason"], condition["message"])
		if observed, ok := observedGeneration(object, condition); ok && observed != object.GetGeneration() {
			return false, "not yet seen by its controller; before: " + says
		}
		return condition["status"] == "True", says
	}
	return false, ""
}

func observedGeneration(object *unstructured.Unstructured, condition map[string]any) (int64, bool) {
	if observed, ok := condition["observedGeneration"].(int64); ok {
		return observed, true
	}
	observed, ok, _ := unstructured.NestedInt64(object.Object, "status", "observedGeneration")
	return observed, ok
}

// MergePatch changes an object as `kubectl patch --type merge` does, by hand.
func (c *Cluster) MergePatch(ctx context.Context, o Object, patch string) error {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion(o.APIVersion)
	object.SetKind(o.Kind)
	object.SetNamespace(o.Namespace)
	object.SetName(o.Name)
	if err := c.Client.Patch(ctx, object, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
		return fmt.Errorf("patch %s: %w", o, err)
	}
	return nil
}
