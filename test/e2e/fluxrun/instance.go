package fluxrun

import (
	"fmt"
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Instance is the FluxInstance that the chart flux-instance makes of its
// values. It knows the values that this project sets; any other is an error
// rather than a difference between the bench and a cluster.
// https://github.com/controlplaneio-fluxcd/charts/tree/main/charts/flux-instance
func Instance(values map[string]any) (*unstructured.Unstructured, error) {
	if err := known("values", values, "instance", "commonAnnotations"); err != nil {
		return nil, err
	}
	instance, ok := values["instance"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("values of flux-instance have no instance")
	}
	if err := known("instance", instance, "distribution", "components", "cluster", "kustomize"); err != nil {
		return nil, err
	}
	spec := maps.Clone(instance)
	if distribution, ok := instance["distribution"].(map[string]any); ok {
		distribution = maps.Clone(distribution)
		if distribution["artifact"] == "" { // the chart leaves an empty one out
			delete(distribution, "artifact")
		}
		spec["distribution"] = distribution
	}
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "fluxcd.controlplane.io/v1",
		"kind":       "FluxInstance",
		"metadata":   map[string]any{"name": "flux", "namespace": Namespace},
		"spec":       spec,
	}}
	if annotations, ok := values["commonAnnotations"].(map[string]any); ok {
		for name, value := range annotations {
			object.SetAnnotations(merge(object.GetAnnotations(), name, fmt.Sprint(value)))
		}
	}
	return object.DeepCopy(), nil
}

func known(what string, values map[string]any, names ...string) error {
	rest := maps.Clone(values)
	for _, name := range names {
		delete(rest, name)
	}
	for name := range rest {
		return fmt.Errorf("the bench does not know what flux-instance makes of %s.%s: see Instance in fluxrun", what, name)
	}
	return nil
}

func merge(annotations map[string]string, name, value string) map[string]string {
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[name] = value
	return annotations
}
