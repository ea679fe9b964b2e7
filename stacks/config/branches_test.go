package config

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Who has the cluster of dev could otherwise commit to what prod runs.
func TestAnEnvironmentFollowsNoBranchThatAnotherOneWrites(t *testing.T) {
	p, err := Parse([]byte(`{"environments": [{"name": "dev"}, {"name": "prod"}]}`))
	require.NoError(t, err)
	require.Equal(t, []string{"main", "release"}, p.Branches())
	require.False(t, p.Protected("main"))
	require.True(t, p.Protected("release"))

	_, err = Parse([]byte(`{"environments": [{"name": "dev"}, {"name": "prod", "flux": {"branch": "main"}}]}`))
	require.EqualError(t, err, `platform.environments[1].flux.branch: "main" is not allowed, want beside imageUpdates "pull-request" a branch that `+
		`Flux of no environment commits to; that of "dev" commits to this one; use "release", and promote by pull request`)

	for _, settings := range []string{
		`{"environments": [{"name": "dev"}, {"name": "stage", "flux": {"imageUpdates": "automatic"}}, {"name": "prod"}]}`,
		`{"environments": [{"name": "dev", "flux": {"imageUpdates": "pull-request"}}, {"name": "prod"}]}`,
		`{"environments": [{"name": "dev", "flux": {"branch": "dev"}}, {"name": "prod", "flux": {"branch": "main"}}]}`,
	} {
		_, err := Parse([]byte(settings))
		require.NoError(t, err, settings)
	}
}

func TestFluxCannotSignWhatItCommits(t *testing.T) {
	_, err := Parse([]byte(`{"environments": [{"name": "dev", "flux": {"verifySecretName": "keys"}}]}`))
	require.EqualError(t, err, `platform.environments[0].flux.verifySecretName: "keys" is not allowed, want no signatures on a branch that Flux commits to: `+
		`it signs nothing, so that its first commit would stop dev; Flux of "dev" does; remove it, or set imageUpdates "pull-request" there`)
	_, err = Parse([]byte(`{"environments": [{"name": "dev"}, {"name": "prod", "flux": {"verifySecretName": "keys"}}]}`))
	require.NoError(t, err)
}
