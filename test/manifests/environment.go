package manifests

import (
	"errors"
	"fmt"
	"path"
	"strings"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const fluxNamespace = "flux-system"

// Sync is a Flux Kustomization with what it applies.
type Sync struct {
	*kustomizev1.Kustomization
	// Root says that CDK owns it and not this repo.
	Root    bool
	Objects []Object
}

// Environment is all that one cluster follows.
type Environment struct {
	Name  string
	Syncs []*Sync
}

// roots are what CDK creates in a cluster, as far as this repo depends on it.
func roots(environment string) []*Sync {
	root := func(name, path, account string, dependsOn ...kustomizev1.DependencyReference) *Sync {
		return &Sync{Root: true, Kustomization: &kustomizev1.Kustomization{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: fluxNamespace},
			Spec:       kustomizev1.KustomizationSpec{Path: path, ServiceAccountName: account, DependsOn: dependsOn},
		}}
	}
	return []*Sync{
		root("tenants", "./tenants", "kustomize-controller"),
		root("platform", "./clusters/"+environment, "platform-reconciler", kustomizev1.DependencyReference{Name: "tenants"}),
	}
}

// Load builds the roots and every Kustomization that they apply. It returns what
// could be built beside the error.
func (t *Tree) Load(name string) (*Environment, error) {
	e := &Environment{Name: name, Syncs: roots(name)}
	var problems []error
	for i := 0; i < len(e.Syncs); i++ { // Grows while it runs.
		sync := e.Syncs[i]
		objects, err := t.Build(path.Clean(sync.Spec.Path), name)
		if err != nil {
			problems = append(problems, fmt.Errorf("the Kustomization %s: %w", sync.Name, err))
		}
		sync.Objects = objects
		for _, child := range all[*kustomizev1.Kustomization](objects) {
			e.Syncs = append(e.Syncs, &Sync{Kustomization: child})
		}
	}
	return e, errors.Join(problems...)
}

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

// Check returns what is wrong with an environment, one line each.
func (t *Tree) Check(name string) []string {
	e, err := t.Load(name)
	problems := t.Lint()
	if err != nil {
		problems = append(problems, strings.Split(err.Error(), "\n")...)
	}
	for _, check := range []func(*Environment) []string{
		checkSyncs, checkOwners, checkAccounts, checkRights, checkTenants,
		checkNamespaces, checkPods, checkScaling, checkAlerts, checkImages,
	} {
		problems = append(problems, check(e)...)
	}
	return append(problems, t.checkSetters(e)...)
}
