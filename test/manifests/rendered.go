package manifests

import (
	"errors"
	"fmt"
	"maps"
	"path"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// Rendered is what one Kustomization applies to a cluster.
type Rendered struct {
	// Name of the Kustomization, and its namespace.
	Name, Namespace string
	// Prune says whether Flux deletes what is no longer rendered.
	Prune bool
	// Objects after the substitution.
	Objects []*unstructured.Unstructured
}

// Rendered renders the roots of the environment and every Kustomization that
// they lead to, once each. The facts replace those that stand in for them; nil
// replaces none. Unlike [Tree.Load] it knows no schema, because a comparison
// shows objects of any kind. It follows path and postBuild.substitute; what
// else a Kustomization's spec does to its objects shows as a change of itself.
func (t *Tree) Rendered(environment string, facts map[string]string) ([]Rendered, error) {
	values := factsFor(environment)
	maps.Copy(values, facts)
	queue := roots(environment)
	for _, root := range queue {
		root.Spec.Prune = true // constructs/sync.go makes them so
	}
	var all []Rendered
	var problems []error
	seen := map[string]bool{}
	for i := 0; i < len(queue); i++ { // Grows while it runs.
		sync := queue[i]
		id := sync.Namespace + "/" + sync.Name
		if seen[id] {
			continue
		}
		seen[id] = true
		objects, err := t.render(sync.Kustomization, values)
		if err != nil {
			problems = append(problems, fmt.Errorf("the Kustomization %s: %w", sync.Name, err))
		}
		all = append(all, Rendered{Name: sync.Name, Namespace: sync.Namespace, Prune: sync.Spec.Prune, Objects: objects})
		for _, object := range objects {
			if object.GroupVersionKind().Group != kustomizev1.GroupVersion.Group || object.GetKind() != kustomizev1.KustomizationKind {
				continue
			}
			child := &kustomizev1.Kustomization{}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, child); err != nil {
				problems = append(problems, fmt.Errorf("decode the Kustomization %s: %w", object.GetName(), err))
				continue
			}
			queue = append(queue, &Sync{Kustomization: child})
		}
	}
	return all, errors.Join(problems...)
}

// render builds one path and substitutes the values.
func (t *Tree) render(k *kustomizev1.Kustomization, facts map[string]string) ([]*unstructured.Unstructured, error) {
	built := t.kustomized(path.Clean(k.Spec.Path))
	if built.err != nil {
		return nil, built.err
	}
	values := maps.Clone(facts)
	if k.Spec.PostBuild != nil {
		maps.Copy(values, k.Spec.PostBuild.Substitute)
	}
	var objects []*unstructured.Unstructured
	for _, resource := range built.resources {
		text, err := resource.substitute(values)
		if err != nil {
			return nil, fmt.Errorf("substitute in %s failed: %w", resource.id, err)
		}
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
			return nil, fmt.Errorf("decode %s failed: %w", resource.id, err)
		}
		objects = append(objects, object)
	}
	return objects, nil
}
