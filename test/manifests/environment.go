package manifests

import (
	"errors"
	"fmt"
	"path"
	"strings"

	automationv1 "github.com/fluxcd/image-automation-controller/api/v1"
	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const fluxNamespace = "flux-system"

// Sync is a Flux Kustomization with what it applies.
type Sync struct {
	*kustomizev1.Kustomization
	// Root says that CDK owns it and not this repo.
	Root bool
	// Files that define it.
	Files   []string
	Objects []Object
}

func (s *Sync) subject() subject { return subject{"Kustomization " + s.Name, s.Files} }

// Environment is all that one cluster follows.
type Environment struct {
	Cluster
	Syncs []*Sync
}

// roots are the Kustomizations that CDK creates.
func (c Cluster) roots() []*Sync {
	root := func(name, path, account string, dependsOn ...kustomizev1.DependencyReference) *Sync {
		return &Sync{Root: true, Kustomization: &kustomizev1.Kustomization{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: fluxNamespace},
			Spec:       kustomizev1.KustomizationSpec{Path: path, ServiceAccountName: account, DependsOn: dependsOn},
		}}
	}
	return []*Sync{
		root("tenants", c.TenantsPath, "kustomize-controller"),
		root("platform", c.PlatformPath, c.platformAccount(), kustomizev1.DependencyReference{Name: "tenants"}),
	}
}

func roots(environment string) []*Sync { return NewCluster(environment).roots() }

// Load builds the roots and every Kustomization that they apply. It returns what
// could be built beside the error.
func (t *Tree) Load(cluster Cluster) (*Environment, error) {
	e := &Environment{Cluster: cluster, Syncs: cluster.roots()}
	var problems []error
	seen := map[string]bool{}
	for i := 0; i < len(e.Syncs); i++ { // Grows while it runs.
		sync := e.Syncs[i]
		objects, err := t.Build(path.Clean(sync.Spec.Path), cluster.complete())
		if err != nil {
			problems = append(problems, &syncError{sync, err})
		}
		sync.Objects = objects
		for _, object := range objects {
			child, ok := object.Typed.(*kustomizev1.Kustomization)
			if ok && !seen[object.ID()] { // One that applies itself would never end.
				seen[object.ID()] = true
				e.Syncs = append(e.Syncs, &Sync{Kustomization: child, Files: object.Files})
			}
		}
	}
	return e, errors.Join(problems...)
}

// syncError is what keeps a Kustomization from being built.
type syncError struct {
	sync *Sync
	error
}

func (s *syncError) Error() string {
	return fmt.Sprintf("the Kustomization %s: %v", s.sync.Name, s.error)
}
func (s *syncError) Unwrap() error { return s.error }

// Objects are those of all syncs.
func (e *Environment) Objects() []Object {
	var objects []Object
	for _, sync := range e.Syncs {
		objects = append(objects, sync.Objects...)
	}
	return objects
}

// sync finds a Kustomization by name; nil when there is none.
func (e *Environment) sync(name string) *Sync {
	for _, sync := range e.Syncs {
		if sync.Name == name {
			return sync
		}
	}
	return nil
}

// isApp says whether a sync belongs to a tenant.
func (s *Sync) isApp() bool {
	return strings.HasPrefix(path.Clean(s.Spec.Path), "apps/")
}

// Automates says whether the cluster follows an ImageUpdateAutomation. What
// cannot be built is passed over: [Tree.Check] reports it.
func (t *Tree) Automates(cluster Cluster) bool {
	e, _ := t.Load(cluster)
	return len(all[*automationv1.ImageUpdateAutomation](e.Objects())) > 0
}
