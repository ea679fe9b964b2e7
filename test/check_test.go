package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks"
	"gitops-eks/stacks/config"
)

// Everything that is missing outside of the settings is reported at once, each
// with the fix.
func TestCheckReportsEverything(t *testing.T) {
	platform := config.Default()
	platform.Environments[0].Flux.Version = "2.8.1"
	manifests := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(manifests, "tenants"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(manifests, "old.yaml"),
		[]byte("apiVersion: image.toolkit.fluxcd.io/v1beta2\nkind: ImagePolicy\nmetadata: {name: hello}\n"), 0o644))

	err := stacks.Check(platform, stacks.Paths{Manifests: manifests, App: "nowhere", KubectlLayer: "nowhere.zip"})
	require.EqualError(t, err, strings.Join([]string{
		"the kubectl layer is not installed (nowhere.zip): run `npm ci` in the folder of package.json",
		"environment dev: flux 2.8.1 does not have the APIs that manifests/ uses, those that do are 2.9: change flux.version",
		"manifests/clusters/dev, which the environment dev follows, is no folder in manifests: make it, as a copy of one that is there, or correct the path",
		"manifests/old.yaml: ImagePolicy hello: the API version image.toolkit.fluxcd.io/v1beta2 is not in Flux 2.9: write image.toolkit.fluxcd.io/v1",
		"nowhere, which the repository of the app hello begins with, is no folder: make it, with a Dockerfile, or take the app's code from a connection",
	}, "\n"))
}

// Kubernetes, kubectl and Flux are each fine alone and do not fit together.
func TestCheckComparesVersions(t *testing.T) {
	for kubernetes, want := range map[string]string{
		"1.34": "environment dev: kubectl 1.36 does not fit Kubernetes 1.34, it works with 1.35 to 1.37: change kubernetesVersion, or the kubectl layer in package.json",
		"1.37": "environment dev: flux 2.9.4 does not fit Kubernetes 1.37, it was tested with 1.34 to 1.36: change flux.version or kubernetesVersion",
	} {
		platform := config.Default()
		platform.Environments[0].KubernetesVersion = kubernetes
		require.EqualError(t, stacks.Check(platform, paths), want)
	}
}

// A repository outside AWS is not seeded: what is in manifests/ is its
// owner's business.
func TestCheckLeavesOtherRepositoriesAlone(t *testing.T) {
	require.NoError(t, stacks.Check(settings(t, "connection"), stacks.Paths{Manifests: "nowhere", KubectlLayer: paths.KubectlLayer}))
}

func TestCheckFindsNothingWrongHere(t *testing.T) {
	require.NoError(t, stacks.Check(config.Default(), paths))
}
