package bench

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	// ImageRepository is the app's repository in the registry, as in ECR.
	ImageRepository = "platform/hello"
	// AppNamespace is the app's in the cluster.
	AppNamespace = "hello"
	// gitSecret holds the password of the Git server.
	gitSecret = "config-repository"
	// alertSecret is the one that the settings name.
	alertSecret = "alert-webhook"
)

// standIn changes, in what the handler applies, what refers to AWS: the config
// repository's address and log-in, and the registry's host.
func (b *Bench) standIn(_ string, object map[string]any) error {
	o := &unstructured.Unstructured{Object: object}
	if b.Cluster.Existing {
		if err := b.place(context.Background(), o); err != nil {
			return err
		}
	}
	switch {
	case o.GetKind() == "GitRepository":
		return b.standInSource(o)
	case o.GetKind() == "ConfigMap" && o.GetNamespace() == namespace:
		for key, value := range map[string]string{"registry": b.Registry, "image_prefix": b.Registry + "/platform"} {
			if err := replace(o, value, "data", key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Bench) standInSource(o *unstructured.Unstructured) error {
	if err := replace(o, b.Git.RepositoryURL(ConfigRepository), "spec", "url"); err != nil {
		return err
	}
	if err := replace(o, "generic", "spec", "provider"); err != nil {
		return err
	}
	if err := unstructured.SetNestedField(o.Object, gitSecret, "spec", "secretRef", "name"); err != nil {
		return err
	}
	// The secrets are not AWS's to make: an operator would, before the sync.
	return b.Cluster.Apply(context.Background(), secret(gitSecret, b.Git.SecretData()), secret(alertSecret, map[string]string{"address": b.Alerts.URL()}))
}

// replace replaces a field that has to be there: otherwise the list of
// stand-ins is out of date.
func replace(o *unstructured.Unstructured, value string, fields ...string) error {
	if _, found, _ := unstructured.NestedString(o.Object, fields...); !found {
		return fmt.Errorf("stand-in: %s %s has no field %v", o.GetKind(), o.GetName(), fields)
	}
	return unstructured.SetNestedField(o.Object, value, fields...)
}

// secret is a Secret in the namespace of Flux.
func secret(name string, data map[string]string) *unstructured.Unstructured {
	values := map[string]any{}
	for key, value := range data {
		values[key] = value
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret",
		"metadata":   map[string]any{"name": name, "namespace": namespace},
		"stringData": values,
	}}
}
