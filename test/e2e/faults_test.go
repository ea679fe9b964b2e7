package e2e

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
)

// outage is how long Git and the registry are gone.
const outage = time.Minute

// testFaults: whatever is killed while a commit is on its way, the commit
// arrives, and nothing is lost.
func testFaults(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, 3*time.Minute)
	c := clone(t, ctx, b)
	last := "hello from ${environment}"
	say := func(message, text string) string {
		require.NoError(t, c.Pull(ctx))
		require.NoError(t, c.Edit(devHello, func(content string) string {
			return strings.Replace(content, "MESSAGE="+last, "MESSAGE="+text, 1)
		}))
		last = text
		return push(t, ctx, c, message)
	}
	for _, name := range append(slices.Clone(bench.Components), cluster.APIServer, cluster.Etcd) {
		say("Say that "+name+" is killed", "after "+name)
		process := b.Cluster.Processes.Get(name)
		require.NoError(t, process.Kill())
		require.NoError(t, process.Restart(ctx))
		require.NoError(t, b.Reconcile(ctx, bench.Source()))
		waitMessage(t, ctx, b, "after "+name)
	}
	commit := say("Say hello again", "hello from ${environment}")
	waitMessage(t, ctx, b, "hello from dev")
	require.NoError(t, b.WaitApplied(ctx, "hello", commit))
	require.Empty(t, b.Cluster.Processes.Dead())
}

// testOutage: Git and the registry are gone for a while. What runs, runs on,
// and drift is healed from what Flux has; what was pushed afterwards arrives.
func testOutage(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, 5*time.Minute)
	before, err := b.Cluster.Get(ctx, hello)
	require.NoError(t, err)
	gone := time.Now()
	require.NoError(t, errors.Join(b.Git.Down(), b.Images.Down()))
	require.NoError(t, b.Reconcile(ctx, bench.Source()))
	t.Run("Heal", func(t *testing.T) { testHeal(t, b) })
	time.Sleep(time.Until(gone.Add(outage)))
	during, err := b.Cluster.Get(ctx, hello)
	require.NoError(t, err)
	require.Equal(t, bench.Image(before), bench.Image(during))
	require.NoError(t, errors.Join(b.Git.Up(), b.Images.Up()))

	start := time.Now()
	c := clone(t, ctx, b)
	require.NoError(t, c.Edit(devHello, setMessage("after the outage")))
	commit := push(t, ctx, c, "Say after the outage")
	waitMessage(t, ctx, b, "after the outage")
	t.Logf("converged %.1fs after the outage", time.Since(start).Seconds())
	revert(t, ctx, c, commit)
	waitMessage(t, ctx, b, "hello from dev")
}
