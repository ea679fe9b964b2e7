package test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/constructs"
	"gitops-eks/stacks"
	"gitops-eks/stacks/config"
)

// TestYourSettings holds that cdk.json, manifests/ and app/ as they are make
// stacks. All other tests here are of the program, with settings of their own;
// `make gates` says what is wrong with your stacks.
func TestYourSettings(t *testing.T) {
	text, err := json.Marshal(cdkContext(t)["platform"])
	require.NoError(t, err)
	if string(text) == "null" {
		text = nil
	}
	platform, err := config.Parse(text)
	require.NoError(t, err, "the settings in cdk.json: each line says what to do")
	yours := stacks.Paths{Root: ".", Manifests: "manifests", App: "app", KubectlLayer: constructs.KubectlLayerZip}
	require.NoError(t, stacks.Check(platform, yours), "what the settings in cdk.json refer to: each line says what to do")
	require.NotPanics(t, func() { synthesizeFrom(t, yours, platform, platform) })
}
