package test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// An app that the settings have and manifests/ has not, or the other way round,
// is warned of where the CDK's command line prints it.
func TestDriftOfAppsIsAWarning(t *testing.T) {
	warnings := func(platform *config.Platform) (all string) {
		files, err := filepath.Glob(filepath.Join(synthesize(t, platform, platform).dir, "*.json"))
		require.NoError(t, err)
		for _, file := range files {
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			all += string(content)
		}
		return all
	}
	found := warnings(edited(t, "default", func(p *config.Platform) { p.Apps = []config.App{{Name: "shop"}} }))
	require.Contains(t, found, "the app shop has a pipeline, and no cluster runs it")
	require.Contains(t, found, "names the image of hello, which has no registry and no pipeline")
	require.NotContains(t, warnings(config.Default()), "appDrift")
}
