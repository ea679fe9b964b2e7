package seed

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// files makes a seed of names and contents.
func files(contents map[string]string) fstest.MapFS {
	seed := fstest.MapFS{"tenants/kustomization.yaml": {Data: []byte("resources: []\n")}}
	for name, content := range contents {
		seed[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return seed
}

var tenants = map[string]string{"tenants": "every environment"}

func kustomization(name, path, source string) string {
	return fmt.Sprintf(`apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: %s
spec:
  path: %s
  sourceRef:
    kind: GitRepository
    name: %s
`, name, path, source)
}

func TestOwnSeedIsRight(t *testing.T) {
	require.NoError(t, Check(os.DirFS("../../test/testdata/project/manifests"), map[string]string{
		"tenants": "every environment", "clusters/dev": "the environment dev", "clusters/prod": "the environment prod",
	}))
}

// Each case is a mistake that Flux would only report in a cluster.
func TestMistakes(t *testing.T) {
	const fix = "is no folder in manifests: make it, as a copy of one that is there, or correct the path"
	for name, c := range map[string]struct{ content, want string }{
		"path": {
			kustomization("apps", "./apps/dev", "flux-system"),
			"manifests/x.yaml: Kustomization apps: spec.path ./apps/dev " + fix,
		},
		"path to a file": {
			kustomization("apps", "./tenants/kustomization.yaml", "flux-system"),
			"manifests/x.yaml: Kustomization apps: spec.path ./tenants/kustomization.yaml " + fix,
		},
		"path outside": {
			kustomization("apps", "../tenants", "flux-system"),
			"manifests/x.yaml: Kustomization apps: spec.path ../tenants " + fix,
		},
		"version": {
			"apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: GitRepository\nmetadata: {name: a}\n",
			"manifests/x.yaml: GitRepository a: the API version source.toolkit.fluxcd.io/v1beta2 is not in Flux 2.9: write source.toolkit.fluxcd.io/v1",
		},
		"version of helm": {
			"apiVersion: helm.toolkit.fluxcd.io/v2beta2\nkind: HelmRelease\nmetadata: {name: a}\n",
			"manifests/x.yaml: HelmRelease a: the API version helm.toolkit.fluxcd.io/v2beta2 is not in Flux 2.9: write helm.toolkit.fluxcd.io/v2",
		},
		"alerts are still beta": {
			"apiVersion: notification.toolkit.fluxcd.io/v1\nkind: Alert\nmetadata: {name: a}\n",
			"manifests/x.yaml: Alert a: the API version notification.toolkit.fluxcd.io/v1 is not in Flux 2.9: write notification.toolkit.fluxcd.io/v1beta3",
		},
		"receivers are not": {
			"apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Receiver\nmetadata: {name: a}\n",
			"manifests/x.yaml: Receiver a: the API version notification.toolkit.fluxcd.io/v1beta3 is not in Flux 2.9: write notification.toolkit.fluxcd.io/v1",
		},
		"group": {
			"apiVersion: images.toolkit.fluxcd.io/v1\nkind: ImagePolicy\nmetadata: {name: a}\n",
			"manifests/x.yaml: ImagePolicy a: the API group images.toolkit.fluxcd.io is none of Flux 2.9: use one of helm.toolkit.fluxcd.io, image.toolkit.fluxcd.io, kustomize.toolkit.fluxcd.io, notification.toolkit.fluxcd.io, source.toolkit.fluxcd.io",
		},
		"YAML": {
			"a: [\n",
			"manifests/x.yaml is not YAML: ",
		},
		"the second document": {
			"a: b\n---\n" + kustomization("apps", "./gone", "flux-system"),
			"manifests/x.yaml: Kustomization apps: spec.path ./gone " + fix,
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := Check(files(map[string]string{"x.yaml": c.content}), tenants)
			require.Error(t, err)
			require.Contains(t, err.Error(), c.want)
			require.NotContains(t, err.Error(), "\nmanifests/", "one mistake, one problem")
		})
	}
}

func TestAllMistakesAreReported(t *testing.T) {
	err := Check(files(map[string]string{
		"a.yaml": kustomization("a", "./gone", "flux-system"),
		"b.yml":  "apiVersion: image.toolkit.fluxcd.io/v1beta2\nkind: ImagePolicy\nmetadata: {name: b}\n",
	}), map[string]string{"tenants": "every environment", "clusters/dev": "the environment dev"})
	require.EqualError(t, err, strings.Join([]string{
		"manifests/clusters/dev, which the environment dev follows, is no folder in manifests: make it, as a copy of one that is there, or correct the path",
		"manifests/a.yaml: Kustomization a: spec.path ./gone is no folder in manifests: make it, as a copy of one that is there, or correct the path",
		"manifests/b.yml: ImagePolicy b: the API version image.toolkit.fluxcd.io/v1beta2 is not in Flux 2.9: write image.toolkit.fluxcd.io/v1",
	}, "\n"))
}

// What must not be taken for a mistake.
func TestNoMistakes(t *testing.T) {
	for name, content := range map[string]string{
		"a path that only the cluster knows": kustomization("apps", "./apps/${environment}", "flux-system"),
		"a path in another repository":       kustomization("addons", "./addons", "another"),
		"a folder with a slash behind":       kustomization("tenants", "./tenants/", "flux-system"),
		"the file of kustomize":              "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n",
		"a patch":                            "- op: remove\n  path: /spec\n",
		"the values of a chart":              "path: ./gone\n",
		"an object of somebody else":         "apiVersion: example.com/v1beta1\nkind: Alert\nmetadata: {name: a}\n",
		"nothing":                            "",
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, Check(files(map[string]string{"x.yaml": content, "note.txt": "a: ["}), tenants))
		})
	}
}

// A seed that is not there at all is a mistake as well, not a success.
func TestMissingSeed(t *testing.T) {
	err := Check(os.DirFS("nowhere"), tenants)
	require.ErrorContains(t, err, "manifests/tenants, which every environment follows, is no folder")
}
