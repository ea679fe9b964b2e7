package incluster

import (
	"path"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/manifests"
)

// Source is what a cluster follows.
type Source struct {
	// Cluster as the config repo sees it.
	Cluster manifests.Cluster
	// Repository in CodeCommit; nil when it is elsewhere.
	Repository *assembly.Resource
	// Roots are the resources of the root Kustomizations, by their names.
	Roots map[string]*assembly.Resource
	// Pushes says that image automation has credentials to commit with.
	Pushes bool
}

// Sources are those of all clusters that have both root Kustomizations.
func Sources(a *assembly.Assembly) []Source {
	r := &review{resolver: resolver{a}, graph: newGraph(a)}
	var found []Source
	for _, c := range r.clusters() {
		tenants, platform, facts := c.manifest("Kustomization", tenantsName), c.manifest("Kustomization", platformName), c.manifest("ConfigMap", factsName)
		if tenants == nil || platform == nil || facts == nil {
			continue // Said by the gate of this package.
		}
		s := Source{
			Repository: r.source(c),
			Roots:      map[string]*assembly.Resource{tenantsName: tenants.Resource, platformName: platform.Resource},
		}
		for _, association := range r.of(c, associationType) {
			s.Pushes = s.Pushes || association.Get("ServiceAccount") == "image-automation-controller"
		}
		platformPath := text(platform.object.Raw.Object, "spec", "path")
		s.Cluster = manifests.Cluster{
			Name:         path.Base(platformPath),
			Automatic:    s.Pushes,
			Facts:        dataOf(facts),
			TenantsPath:  text(tenants.object.Raw.Object, "spec", "path"),
			PlatformPath: platformPath,
		}
		if name := s.Cluster.Facts["environment"]; name != "" {
			s.Cluster.Name = name // flux.path may be called otherwise
		}
		if k, ok := platform.object.Typed.(*kustomizev1.Kustomization); ok {
			s.Cluster.PlatformAccount = k.Spec.ServiceAccountName
		}
		found = append(found, s)
	}
	return found
}

// Seed is the asset that a CodeCommit repository begins with; nil when there is none.
func Seed(a *assembly.Assembly, repository *assembly.Resource) *assembly.Asset {
	key, err := resolver{a}.text(repository.Stack, repository.Get("Code", "S3", "Key"))
	if err != nil {
		return nil
	}
	return a.Asset(key)
}

// Text gives an expression of a stack the value that a deployment would, with
// stand-ins for what only AWS knows.
func Text(a *assembly.Assembly, s *assembly.Stack, value any) (string, error) {
	return resolver{a}.text(s, value)
}
