package fluxrun

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gitops-eks/test/e2e/cluster"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	apiextensions = "apiextensions.k8s.io/v1"
	rbac          = "rbac.authorization.k8s.io/v1"
)

// marks tell, by the name, which objects outside namespaces are Flux's: the
// operator and Flux name their roles after themselves and their namespace.
var marks = []struct {
	version, kind string
	flux          func(name string) bool
}{
	{apiextensions, definition, func(name string) bool {
		return strings.HasSuffix(name, ".fluxcd.controlplane.io") || strings.HasSuffix(name, ".toolkit.fluxcd.io")
	}},
	{rbac, "ClusterRole", isRole},
	{rbac, "ClusterRoleBinding", isRole},
}

const definition = "CustomResourceDefinition"

func isRole(name string) bool {
	return strings.HasPrefix(name, operator) || strings.HasSuffix(name, "-"+Namespace)
}

// Find lists what a cluster has of Flux outside namespaces, whoever installed it.
func Find(ctx context.Context, c *cluster.Cluster) (found []cluster.Object, err error) {
	for _, mark := range marks {
		list := &metav1.PartialObjectMetadataList{}
		list.APIVersion, list.Kind = mark.version, mark.kind+"List"
		if err := c.Client.List(ctx, list); err != nil {
			return nil, fmt.Errorf("list objects of the kind %s: %w", mark.kind, err)
		}
		for _, item := range list.Items {
			if mark.flux(item.Name) {
				found = append(found, cluster.Object{APIVersion: mark.version, Kind: mark.kind, Name: item.Name})
			}
		}
	}
	return found, nil
}

// Purge removes what is left of Flux after [Flux.UninstallOperator]: the
// definitions, with all objects of their kinds, and the namespace.
func (f *Flux) Purge(ctx context.Context) error {
	if err := f.UninstallOperator(ctx); err != nil {
		return err
	}
	found, err := Find(ctx, f.cluster)
	if err != nil {
		return err
	}
	definitions := slices.DeleteFunc(found, func(o cluster.Object) bool { return o.Kind != definition })
	if err := f.cluster.Delete(ctx, definitions...); err != nil {
		return err
	}
	return f.cluster.Delete(ctx, cluster.Object{APIVersion: "v1", Kind: "Namespace", Name: Namespace})
}
