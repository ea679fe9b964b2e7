package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"gitops-eks/stacks/config"
	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/fluxrun"
)

// Admit tells why a cluster that exists cannot or must not be used: its
// version, the user's rights, or what is in it already. It changes nothing.
// Seed is the config repository's folder.
func Admit(ctx context.Context, c *cluster.Cluster, seed string) error {
	version, err := c.Version(ctx)
	if err != nil {
		return err
	}
	if err := config.CheckVersions(version, config.KubectlMinor, config.DefaultFluxVersion); err != nil {
		return fmt.Errorf("the cluster at %s runs Kubernetes %s: %w", c.Server(), version, err)
	}
	if err := admitUser(ctx, c); err != nil {
		return err
	}
	return admitContent(ctx, c, seed)
}

// admitUser asks for every right: Flux is given it, and nobody can give more
// than they have.
func admitUser(ctx context.Context, c *cluster.Cluster) error {
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "*", Group: "*", Resource: "*"},
	}}
	if err := c.Client.Create(ctx, review); err != nil {
		return fmt.Errorf("ask for the rights in the cluster: %w", err)
	}
	if !review.Status.Allowed {
		return fmt.Errorf("the user of the kubeconfig may not do everything in the cluster at %s: installing Flux takes the rights of cluster-admin; use the context of an administrator", c.Server())
	}
	return nil
}

// admitContent refuses a cluster with anything in it that the bench would
// change, and at the end remove.
func admitContent(ctx context.Context, c *cluster.Cluster, seed string) error {
	objects, err := seedObjects(seed)
	if err != nil {
		return err
	}
	found, err := existing(ctx, c, append(own(), objects...))
	if err != nil {
		return err
	}
	installed, err := fluxrun.Find(ctx, c)
	if err != nil {
		return err
	}
	found = append(found, installed...)
	if len(found) == 0 {
		return nil
	}
	problem := fmt.Errorf("the cluster at %s has what this would install:\n  %s\nIt is left as it is: use a cluster without Flux, such as a new one of kind",
		c.Server(), strings.Join(texts(found), "\n  "))
	if found[0].Name == previewNamespace {
		problem = errors.Join(problem, fmt.Errorf("the namespace %s says that a preview runs there, or was killed before it could clean up", previewNamespace))
	}
	return problem
}

// own are what the bench makes first and removes last.
func own() []cluster.Object {
	return []cluster.Object{
		{APIVersion: "v1", Kind: "Namespace", Name: previewNamespace},
		{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRoleBinding", Name: previewNamespace},
		{APIVersion: "v1", Kind: "Namespace", Name: fluxrun.Namespace},
	}
}

// seedObjects are what the config repository makes outside namespaces: a
// namespace of the same name would be taken over, and pruned at the end.
func seedObjects(seed string) (found []cluster.Object, err error) {
	for _, folder := range []string{"tenants", "infrastructure/policies"} {
		resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(seed, filepath.FromSlash(folder)))
		if err != nil {
			return nil, fmt.Errorf("config repository, %s: %w", folder, err)
		}
		text, err := resources.AsYaml()
		if err != nil {
			return nil, err
		}
		objects, err := cluster.Decode(text)
		if err != nil {
			return nil, err
		}
		found = append(found, unspaced(objects)...)
	}
	return found, nil
}

// unspaced are the objects that are in no namespace.
func unspaced(objects []*unstructured.Unstructured) (found []cluster.Object) {
	for _, object := range objects {
		if object.GetNamespace() == "" {
			found = append(found, objectOf(object))
		}
	}
	return found
}

// existing are those of the objects that a cluster has.
func existing(ctx context.Context, c *cluster.Cluster, objects []cluster.Object) (found []cluster.Object, err error) {
	for _, o := range objects {
		switch _, err := c.Get(ctx, o); {
		case err == nil:
			found = append(found, o)
		case !cluster.Absent(err):
			return nil, fmt.Errorf("look for %s: %w", o, err)
		}
	}
	return found, nil
}

func texts(objects []cluster.Object) (all []string) {
	for _, o := range objects {
		all = append(all, o.String())
	}
	return all
}
