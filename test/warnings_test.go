package test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A warning of the CDK that is printed at each synthesis, whatever one does,
// hides those that matter: it is mended, or acknowledged with a reason.
func TestTheCDKWarnsOfNothing(t *testing.T) {
	for _, variant := range variants(t) {
		files, err := filepath.Glob(filepath.Join(synth(t, variant).dir, "*.metadata.json"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			var constructs map[string][]struct{ Type, Data any }
			readJSON(t, file, &constructs)
			for path, entries := range constructs {
				for _, entry := range entries {
					if entry.Type == "aws:cdk:warning" {
						require.Contains(t, text(entry.Data), "gitops-eks:", "%s: %s", variant, path)
					}
				}
			}
		}
	}
}
