package manifests

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// TestYourManifests holds manifests/ to the rules, for the clusters of the
// settings in cdk.json and those that only manifests/ has. All other tests here
// are of the rules, on a copy of the seed.
func TestYourManifests(t *testing.T) {
	platform := yourSettings(t)
	if platform.Config.Source != config.ConfigSourceCodeCommit {
		t.Skip("config.source is git: the clusters do not follow manifests/")
	}
	tree, err := NewTree("../../manifests")
	require.NoError(t, err)
	clusters, missing := tree.Clusters(Configured(platform))
	for _, cluster := range missing {
		t.Errorf("manifests/%s: is no folder, and the environment %s follows it; make it, as a copy of one that is there", path.Clean(cluster.PlatformPath), cluster.Name)
	}
	for _, p := range tree.Review(clusters) {
		t.Errorf("manifests/%s: %s; %s", strings.Join(p.Files, ", manifests/"), p, p.Fix)
	}
}

// yourSettings are those in cdk.json.
func yourSettings(t *testing.T) *config.Platform {
	t.Helper()
	platform, err := Settings("../../cdk.json")
	require.NoError(t, err, "each line says what to do")
	return platform
}
