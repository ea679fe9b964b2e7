package stacks

import (
	"errors"
	"fmt"
	"os"

	"gitops-eks/constructs"
	"gitops-eks/stacks/config"
	"gitops-eks/stacks/seed"
)

// Check looks at what the settings refer to outside themselves, before any
// construct is made, and reports everything that is missing at once.
func Check(platform *config.Platform, paths Paths) error {
	problems := []error{constructs.CheckKubectlLayer(paths.KubectlLayer)}
	for _, e := range platform.Environments {
		if err := config.CheckVersions(e.KubernetesVersion, config.KubectlMinor, e.Flux.Version); err != nil {
			problems = append(problems, fmt.Errorf("environment %s: %w", e.Name, err))
		}
	}
	// Another repository than CodeCommit's is not seeded from manifests/.
	if platform.Config.Source == config.ConfigSourceCodeCommit {
		problems = append(problems, seed.Check(os.DirFS(paths.Manifests), roots(platform)))
	}
	// The first app's repository begins with the sample; see newDelivery.
	if first := platform.Apps[0]; first.Source.Type == config.AppSourceCodeCommit {
		if info, err := os.Stat(paths.App); err != nil || !info.IsDir() {
			problems = append(problems, fmt.Errorf("%s, which the repository of the app %s begins with, is no folder: "+
				"make it, with a Dockerfile, or take the app's code from a connection", paths.App, first.Name))
		}
	}
	return errors.Join(problems...)
}

// roots are the folders of the seed that Flux starts from, and which
// environment asks for each.
func roots(platform *config.Platform) map[string]string {
	roots := map[string]string{TenantsPath: "every environment"}
	for _, e := range platform.Environments {
		roots[e.Flux.Path] = "the environment " + e.Name
	}
	return roots
}
