package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/gitserver"
)

// testStuckRollout: a new version whose pods find no node. What ran, runs on. Flux
// waits for the app, and meanwhile heals nothing of it, until a new commit or
// the rollout's deadline.
func testStuckRollout(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, 2*time.Minute)
	require.NoError(t, b.Cluster.WaitReady(ctx, bench.Kustomization("hello")))
	c := clone(t, ctx, b)

	start := time.Now()
	bad, deleted := stick(t, ctx, b, c, 120)
	fixed := revert(t, ctx, c, bad)
	waitService(t, ctx, b, deleted)
	require.NoError(t, b.WaitApplied(ctx, "hello", fixed))
	require.Less(t, time.Since(start), time.Minute, "a new commit ends the wait at once")

	b.Alerts.Reset()
	bad, deleted = stick(t, ctx, b, c, 10)
	_, err := b.WaitSays(ctx, bench.Kustomization("hello"), func(text string) bool { return strings.Contains(text, "Deployment/hello/hello") })
	require.NoError(t, err)
	waitAlert(t, ctx, b)
	waitService(t, ctx, b, deleted)
	fixed = revert(t, ctx, c, bad)
	require.NoError(t, b.WaitApplied(ctx, "hello", fixed))
}

// stick pushes a version that cannot run, and deletes the Service while Flux
// waits for it. It answers the commit and the UID of what was deleted.
func stick(t *testing.T, ctx context.Context, b *bench.Bench, c *gitserver.Clone, progressDeadlineSeconds int) (commit string, deleted types.UID) {
	t.Helper()
	before := available(t, ctx, b)
	require.Positive(t, before)
	require.NoError(t, c.Edit("apps/base/hello/deployment.yaml", func(text string) string {
		return strings.NewReplacer(
			"progressDeadlineSeconds: 120", fmt.Sprintf("progressDeadlineSeconds: %d", progressDeadlineSeconds),
			"      containers:\n", "      nodeSelector:\n        kubernetes.io/hostname: nowhere\n      containers:\n",
		).Replace(text)
	}))
	commit = push(t, ctx, c, "Ask for a node that does not exist")
	require.NoError(t, b.Cluster.Until(ctx, bench.Kustomization("hello"), func(found *unstructured.Unstructured) bool {
		_, says := cluster.Condition(found, "Reconciling")
		return strings.Contains(says, "Running health checks") && strings.Contains(says, commit)
	}), "Flux waits for the app")
	require.GreaterOrEqual(t, available(t, ctx, b), before, "what ran, runs on")

	found, err := b.Cluster.Get(ctx, service)
	require.NoError(t, err)
	require.NoError(t, b.Cluster.Client.Delete(ctx, found))
	return commit, found.GetUID()
}

// available is how many of the app's pods can be used.
func available(t *testing.T, ctx context.Context, b *bench.Bench) int64 {
	t.Helper()
	deployment, err := b.Cluster.Get(ctx, hello)
	require.NoError(t, err)
	replicas, _, _ := unstructured.NestedInt64(deployment.Object, "status", "availableReplicas")
	return replicas
}

// waitService waits until the Service is there again.
func waitService(t *testing.T, ctx context.Context, b *bench.Bench, deleted types.UID) {
	t.Helper()
	start := time.Now()
	require.NoError(t, b.Cluster.Until(ctx, service, func(found *unstructured.Unstructured) bool {
		return found != nil && found.GetUID() != deleted
	}))
	t.Logf("the Service is back after %.1fs", time.Since(start).Seconds())
}
