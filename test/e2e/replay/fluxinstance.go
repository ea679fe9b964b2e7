package replay

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// object is short for what JSON calls an object.
type object = map[string]any

// fluxInstanceDefaults are the values of the chart flux-instance that Helm
// fills in. They are also the list of the values that replay knows.
// https://github.com/controlplaneio-fluxcd/charts/blob/main/charts/flux-instance/values.yaml
func fluxInstanceDefaults() object {
	return object{
		"nameOverride": "", "fullnameOverride": "flux",
		"commonAnnotations": object{}, "commonLabels": object{},
		"healthcheck": object{"enabled": false},
		"instance": object{
			"distribution": object{
				"version": "2.x", "registry": "ghcr.io/fluxcd",
				"artifact":           "oci://ghcr.io/controlplaneio-fluxcd/flux-operator-manifests:latest",
				"artifactPullSecret": "", "imagePullSecret": "", "variant": "",
			},
			"components": []any{"source-controller", "kustomize-controller", "helm-controller", "notification-controller"},
			"cluster": object{
				"type": "kubernetes", "size": "", "domain": "cluster.local", "networkPolicy": true,
				"multitenant": false, "tenantDefaultServiceAccount": "default",
			},
			"commonMetadata": object{"labels": object{}, "annotations": object{}},
			"storage":        object{"class": "", "size": ""},
			"sharding":       object{"key": "sharding.fluxcd.io/key", "shards": []any{}},
			"sync":           object{"interval": "1m", "kind": "GitRepository", "url": "", "ref": "", "path": "", "pullSecret": "", "name": "", "provider": ""},
			"kustomize":      object{"patches": []any{}},
		},
	}
}

// free are the values whose keys are anybody's.
var free = []string{"commonAnnotations", "commonLabels", "instance.commonMetadata.labels", "instance.commonMetadata.annotations"}

// FluxInstance is the object that the chart flux-instance makes of its values,
// for a [ChartStandIn]. A value that it does not know is an error: the bench
// would otherwise run another Flux than a cluster.
func (c Chart) FluxInstance() (map[string]any, error) {
	values, err := coalesce("", fluxInstanceDefaults(), c.Values)
	if err != nil {
		return nil, fmt.Errorf("values of chart %s: %w", c.Name, err)
	}
	if values["healthcheck"].(object)["enabled"] != false {
		return nil, fmt.Errorf("values of chart %s: replay does not know the health check, which is a Job", c.Name)
	}
	name := values["fullnameOverride"]
	if name == "" || values["nameOverride"] != "" {
		return nil, fmt.Errorf("values of chart %s: replay knows fullnameOverride only as a name of the object, and no nameOverride", c.Name)
	}
	labels := object{"app.kubernetes.io/name": "flux-instance", "app.kubernetes.io/instance": c.Release, "app.kubernetes.io/managed-by": "Helm"}
	maps.Copy(labels, values["commonLabels"].(object))
	metadata := object{"name": name, "namespace": c.Namespace, "labels": labels}
	if annotations := values["commonAnnotations"].(object); len(annotations) > 0 {
		metadata["annotations"] = annotations
	}
	return object{
		"apiVersion": "fluxcd.controlplane.io/v1", "kind": "FluxInstance",
		"metadata": metadata,
		"spec":     fluxInstanceSpec(values["instance"].(object)),
	}, nil
}

// fluxInstanceSpec leaves out what the chart's template leaves out.
func fluxInstanceSpec(instance object) object {
	spec := object{
		"distribution": filled(instance["distribution"].(object)),
		"components":   instance["components"],
		"cluster":      filled(instance["cluster"].(object)),
		"kustomize":    instance["kustomize"],
	}
	metadata := instance["commonMetadata"].(object)
	maps.DeleteFunc(metadata, func(_ string, value any) bool { return len(value.(object)) == 0 })
	if len(metadata) > 0 {
		spec["commonMetadata"] = metadata
	}
	if sync := instance["sync"].(object); sync["url"] != "" {
		spec["sync"] = filled(sync)
	}
	if storage := instance["storage"].(object); storage["size"] != "" {
		spec["storage"] = storage
	}
	if sharding := instance["sharding"].(object); len(sharding["shards"].([]any)) > 0 {
		spec["sharding"] = sharding
	}
	return spec
}

// filled are the values that are not empty texts.
func filled(values object) object {
	values = maps.Clone(values)
	maps.DeleteFunc(values, func(_ string, value any) bool { return value == "" })
	return values
}

// coalesce lays values over defaults, as Helm does: objects are merged, all
// else is replaced.
func coalesce(path string, defaults, values object) (object, error) {
	merged := maps.Clone(defaults)
	var problems []error
	for _, key := range sortedKeys(values) {
		at := key
		if path != "" {
			at = path + "." + key
		}
		standard, known := defaults[key]
		switch standard := standard.(type) {
		case object:
			given, ok := values[key].(object)
			if !ok {
				problems = append(problems, fmt.Errorf("%s must be an object, got %v", at, values[key]))
				continue
			}
			if slices.Contains(free, at) {
				merged[key] = maps.Clone(given)
				continue
			}
			below, err := coalesce(at, standard, given)
			merged[key] = below
			problems = append(problems, err)
		default:
			if !known && !slices.Contains(free, path) {
				problems = append(problems, fmt.Errorf("replay does not know what the chart makes of %s", at))
			}
			if known && fmt.Sprintf("%T", standard) != fmt.Sprintf("%T", values[key]) {
				problems = append(problems, fmt.Errorf("%s must be a %T, got %v", at, standard, values[key]))
			}
			merged[key] = values[key]
		}
	}
	return merged, errors.Join(problems...)
}
