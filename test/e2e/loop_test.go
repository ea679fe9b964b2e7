package e2e

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/replay"
)

// TestLoop runs the whole life of an environment once: deployed, used and
// destroyed. Its parts share one cluster, in this order; each leaves it as it
// found it.
func TestLoop(t *testing.T) {
	t.Parallel() // all tests of the bench at once: they wait more than they compute
	live(t, []part{
		{"Deploy", testDeployed},
		{"Git", testGit},
		{"Prune", testPrune},
		{"Image", testImage},
		{"Build", testBuild},
		{"Alert", testAlert},
		{"StuckRollout", testStuckRollout},
		{"Tenancy", testTenancy},
		{"Attacks", testAttacks},
		{"Teardown", testTeardown},
	})
}

// TestTrouble hurts an environment that is in use.
func TestTrouble(t *testing.T) {
	t.Parallel()
	live(t, []part{
		{"Deploy", testDeployed},
		{"Outage", testOutage}, // first, since it mostly waits, while other tests compute
		{"BadCommits", testBadCommits},
		{"Faults", testFaults},
	})
}

// part of the life of an environment.
type part struct {
	name string
	test func(*testing.T, *bench.Bench)
}

// live deploys an environment and runs the parts, up to the first that fails.
func live(t *testing.T, parts []part) {
	t.Helper()
	b := start(t, bench.Options{})
	// Flux looks when something was pushed, as with a webhook: polling once a
	// minute is what it does besides.
	b.Git.OnPush(func(string) { _ = b.Reconcile(interrupted, bench.Source()) })
	watch := newStopwatch()
	require.NoError(t, b.Deploy(deadline(t, bringUpLimit)))
	watch.lap(t, "deployed")
	for _, part := range parts {
		if !t.Run(part.name, func(t *testing.T) { part.test(t, b) }) {
			return
		}
		watch.lap(t, part.name)
	}
}

// bringUpLimit is for each half of a bring-up: all tests do it at once.
const bringUpLimit = 5 * time.Minute

// start brings a bench up, and takes it down with the test. When the test
// failed, it shows what Flux said.
func start(t *testing.T, o bench.Options) *bench.Bench {
	t.Helper()
	o.Root, o.Binaries, o.Dir, o.Progress = root, programs(t), folder(t), os.Stderr
	o.Seed = seeds("manifests")
	o.Synthesize = func(context.Context) (*replay.Assembly, error) { return synthesized() }
	b, err := bench.Start(deadline(t, bringUpLimit), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(b.Cluster.Report(interrupted))
		}
		require.NoError(t, b.Stop())
	})
	return b
}
