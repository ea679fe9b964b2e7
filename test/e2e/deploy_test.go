package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/fluxrun"
	"gitops-eks/test/e2e/replay"
)

// testDeployed: all custom resources applied, in order; all that Git says is
// there, and it knows what cluster it is in.
func testDeployed(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, 2*time.Minute)
	var paths []string
	for _, step := range b.Replay.Steps() {
		require.Equal(t, replay.Succeeded, step.Outcome, step.String())
		paths = append(paths, step.Path)
	}
	t.Log(paths)
	for _, name := range []string{"tenants", "platform", "policies", "notifications", "image-automation", "hello"} {
		require.NoError(t, b.Cluster.WaitReady(ctx, kustomization(name)))
	}
	hello, err := b.Cluster.Get(ctx, cluster.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "hello", Name: "hello"})
	require.NoError(t, err)
	require.Contains(t, image(t, hello), b.Images.Address+"/"+bench.ImageRepository+":")
	facts, err := b.Cluster.Get(ctx, cluster.Object{APIVersion: "v1", Kind: "ConfigMap", Namespace: fluxrun.Namespace, Name: "cluster-facts"})
	require.NoError(t, err)
	require.Equal(t, "dev", field(t, facts, "data", "environment"))
	require.Empty(t, b.Cluster.Processes.Dead())
}
