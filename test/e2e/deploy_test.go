package e2e

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/fluxrun"
	"gitops-eks/test/e2e/proc"
	"gitops-eks/test/e2e/replay"
)

// testDeployed: all custom resources applied, in order; all that Git says is
// there, it knows what cluster it is in, and the controllers would get their
// credentials.
func testDeployed(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, 2*time.Minute)
	for _, step := range b.Replay.Steps() {
		require.Equal(t, replay.Succeeded, step.Outcome, step.String())
	}
	for _, name := range []string{"tenants", "platform", "policies", "notifications", "image-automation", "hello"} {
		require.NoError(t, b.Cluster.WaitReady(ctx, bench.Kustomization(name)))
	}
	first := b.Images.Reference(bench.ImageRepository, bench.FirstTag)
	require.NoError(t, b.Cluster.Until(ctx, hello, func(found *unstructured.Unstructured) bool {
		return found != nil && bench.Image(found) == first
	}), "hello does not run the image that the registry held, %s", first)
	facts, err := b.Cluster.Get(ctx, cluster.Object{APIVersion: "v1", Kind: "ConfigMap", Namespace: fluxrun.Namespace, Name: "cluster-facts"})
	require.NoError(t, err)
	require.Equal(t, "dev", field(t, facts, "data", "environment"))
	requireIdentities(t, ctx, b)
	require.Empty(t, b.Cluster.Processes.Dead())
	reportMemory(t, b)
}

// memoryLimit is what the bench may take, so that it runs beside an editor and a browser.
const memoryLimit = 14 << 30 / 10

// reportMemory prints what each process takes, this one included, since Git
// server and registry run in it.
func reportMemory(t *testing.T, b *bench.Bench) {
	t.Helper()
	usages, err := b.Cluster.Processes.Usage()
	require.NoError(t, err)
	self, err := proc.UsageOf("this test", os.Getpid())
	require.NoError(t, err)
	var sum int64
	for _, u := range append(usages, self) {
		t.Logf("  %-30s %4d MiB (peak %4d), %5.2fs CPU", u.Name, u.RSS>>20, u.PeakRSS>>20, u.CPU.Seconds())
		sum += u.RSS
	}
	t.Logf("memory: %.2f GiB", float64(sum)/(1<<30))
	require.LessOrEqual(t, sum, int64(memoryLimit))
}
