package replay

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func identities(t *testing.T, edit func(template map[string]any)) ([]PodIdentity, error) {
	t.Helper()
	return fake(t, Options{Assembly: read(t, edited(t, "dev-gitops", edit))}).PodIdentities()
}

func TestPodIdentitiesOfBothStacks(t *testing.T) {
	t.Parallel()
	found, err := identities(t, func(map[string]any) {})
	require.NoError(t, err)
	require.Contains(t, found, PodIdentity{Path: "dev-cluster/kustomize-controller/Association", Namespace: "flux-system", ServiceAccount: "kustomize-controller"})
	require.Contains(t, found, PodIdentity{Path: "dev-gitops/source-controller/Association", Namespace: "flux-system", ServiceAccount: "source-controller"})
}

// A pod keeps the credentials that it started with.
func TestChartsThatDoNotWaitForAPodIdentity(t *testing.T) {
	t.Parallel()
	found, err := identities(t, func(template map[string]any) {
		delete(resource(t, template, "Flux/Operator"), "DependsOn")
	})
	require.NoError(t, err)
	require.Contains(t, found, PodIdentity{
		Path: "dev-gitops/source-controller/Association", Namespace: "flux-system", ServiceAccount: "source-controller",
		Unawaited: []string{"dev-gitops/Flux/Instance", "dev-gitops/Flux/Operator"},
	})
	require.Contains(t, found, PodIdentity{Path: "dev-cluster/kustomize-controller/Association", Namespace: "flux-system", ServiceAccount: "kustomize-controller"}, "its stack comes before")
}

func TestPodIdentityOfAnotherCluster(t *testing.T) {
	t.Parallel()
	_, err := identities(t, func(template map[string]any) {
		for _, r := range template["Resources"].(map[string]any) {
			if r := r.(map[string]any); r["Type"] == typeIdentity {
				r["Properties"].(map[string]any)["ClusterName"] = "other"
			}
		}
	})
	require.ErrorContains(t, err, "is of the cluster other, want platform-dev")
}
