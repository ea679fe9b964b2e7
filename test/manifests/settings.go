package manifests

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"gitops-eks/stacks/config"
)

// Settings are those of the project with the cdk.json.
func Settings(cdkJSON string) (*config.Platform, error) {
	content, err := os.ReadFile(cdkJSON)
	if err != nil {
		return nil, err
	}
	var file struct {
		Context struct {
			Platform json.RawMessage `json:"platform"`
		} `json:"context"`
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, fmt.Errorf("read %s: %w", cdkJSON, err)
	}
	platform, err := config.Parse(file.Context.Platform)
	if err != nil {
		return nil, fmt.Errorf("the settings in %s: %w", cdkJSON, err)
	}
	return platform, nil
}

// Configured are the clusters of the settings.
func Configured(platform *config.Platform) []Cluster {
	var clusters []Cluster
	for _, e := range platform.Environments {
		cluster := NewCluster(e.Name)
		cluster.PlatformPath = "./" + e.Flux.Path
		cluster.Automatic = e.Flux.ImageUpdates == config.ImageUpdatesAutomatic
		cluster.Facts["config_branch"] = e.Flux.Branch
		cluster.Facts["alert_type"], cluster.Facts["alert_secret"] = e.Flux.Alerts.Type, e.Flux.Alerts.SecretName
		clusters = append(clusters, cluster)
	}
	return clusters
}

// Clusters are those of the known ones that find their folder in the tree, and
// one with stand-ins for its facts for each folder of clusters/ that none of them
// follows. Missing are the known ones that do not find their folder.
func (t *Tree) Clusters(known []Cluster) (found, missing []Cluster) {
	follows := map[string]bool{}
	for _, cluster := range known {
		if !t.isFolder(cluster.PlatformPath) {
			missing = append(missing, cluster)
			continue
		}
		found = append(found, cluster)
		follows[path.Clean(cluster.PlatformPath)] = true
	}
	for _, name := range t.Environments() {
		cluster := NewCluster(name)
		if follows[path.Clean(cluster.PlatformPath)] || slices.ContainsFunc(found, func(c Cluster) bool { return c.Name == name }) {
			continue
		}
		cluster.Automatic = t.Automates(cluster) // nobody says otherwise
		found = append(found, cluster)
	}
	return found, missing
}

func (t *Tree) isFolder(folder string) bool {
	for file := range t.Files {
		if strings.HasPrefix(file, path.Clean(folder)+"/") {
			return true
		}
	}
	return false
}
