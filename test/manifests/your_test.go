package manifests

import (
	"encoding/json"
	"os"
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
	var clusters []Cluster
	known := map[string]bool{}
	for _, e := range platform.Environments {
		cluster := NewCluster(e.Name)
		cluster.PlatformPath = "./" + e.Flux.Path
		cluster.Automatic = e.Flux.ImageUpdates == config.ImageUpdatesAutomatic
		cluster.Facts["config_branch"] = e.Flux.Branch
		cluster.Facts["alert_type"], cluster.Facts["alert_secret"] = e.Flux.Alerts.Type, e.Flux.Alerts.SecretName
		if _, err := os.Stat("../../manifests/" + e.Flux.Path); err != nil {
			t.Errorf("manifests/%s: is no folder, and the environment %s follows it; make it, as a copy of one that is there", e.Flux.Path, e.Name)
			continue
		}
		clusters = append(clusters, cluster)
		known[e.Name] = true
		if folder, ok := strings.CutPrefix(e.Flux.Path, "clusters/"); ok {
			known[folder] = true
		}
	}
	for _, name := range tree.Environments() {
		if !known[name] {
			clusters = append(clusters, NewCluster(name))
		}
	}
	for _, p := range tree.Review(clusters) {
		t.Errorf("manifests/%s: %s; %s", strings.Join(p.Files, ", manifests/"), p, p.Fix)
	}
}

// yourSettings are those in cdk.json.
func yourSettings(t *testing.T) *config.Platform {
	t.Helper()
	content, err := os.ReadFile("../../cdk.json")
	require.NoError(t, err)
	var file struct {
		Context struct {
			Platform json.RawMessage `json:"platform"`
		} `json:"context"`
	}
	require.NoError(t, json.Unmarshal(content, &file), "cdk.json")
	platform, err := config.Parse(file.Context.Platform)
	require.NoError(t, err, "the settings in cdk.json: each line says what to do")
	return platform
}
