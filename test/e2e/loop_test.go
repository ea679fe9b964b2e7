package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/bench"
)

// TestLoop runs the whole life of an environment once: deployed, used, hurt and
// destroyed. Its parts share one cluster, in this order; each leaves it as it
// found it.
func TestLoop(t *testing.T) {
	t.Parallel() // all tests of the bench at once: they wait more than they compute
	b := start(t, bench.Options{})
	// Flux looks when something was pushed, as with a webhook: polling once a
	// minute is what it does besides.
	b.Git.OnPush(func(string) { _ = b.Reconcile(interrupted, bench.Source()) })
	watch := newStopwatch()
	require.NoError(t, b.Deploy(deadline(t, 3*time.Minute)))
	watch.lap(t, "deployed")
	for _, part := range []struct {
		name string
		test func(*testing.T, *bench.Bench)
	}{
		{"Deploy", testDeployed},
		{"Git", testGit},
		{"Prune", testPrune},
		{"Image", testImage},
		{"Build", testBuild},
		{"Alert", testAlert},
		{"BadCommits", testBadCommits},
		{"Tenancy", testTenancy},
		{"Faults", testFaults},
		{"Outage", testOutage},
		{"Scale", testScale},
		{"Teardown", testTeardown},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.test(t, b) }) {
			return
		}
		watch.lap(t, "%s", part.name)
	}
}

// start brings a bench up, and takes it down with the test. When the test
// failed, it shows what Flux said.
func start(t *testing.T, o bench.Options) *bench.Bench {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	o.Root, o.Binaries, o.Dir, o.Progress = root, programs(t), folder(t), os.Stderr
	b, err := bench.Start(deadline(t, 3*time.Minute), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(b.Cluster.Report(interrupted))
		}
		require.NoError(t, b.Stop())
	})
	return b
}
