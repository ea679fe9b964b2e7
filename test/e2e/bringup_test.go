package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/fluxrun"
	"gitops-eks/test/e2e/gitserver"
	"gitops-eks/test/e2e/proc"
	"gitops-eks/test/e2e/registry"
	"gitops-eks/test/e2e/sink"
	"gitops-eks/test/e2e/standins"
)

// memoryLimit is what the bench may take beside an editor and a browser. The aim
// is 1.2 GiB; more than half of it is the text of the programs, of which the
// kernel keeps more or less, hence the margin.
const memoryLimit = 13 << 30 / 10

// TestBringUp brings the loop up once, from nothing to a synced cluster. The
// seconds that it may take are those of an idle machine with two processors:
// they are printed, not asserted.
func TestBringUp(t *testing.T) {
	set := programs(t)
	ctx := deadline(t, 3*time.Minute)
	for _, line := range append(standins.List(), fluxrun.Translations()...) {
		t.Log("stand-in:", line)
	}
	dir := folder(t)
	watch := newStopwatch()

	git, err := gitserver.Start(filepath.Join(dir, "git"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = git.Down() })
	require.NoError(t, git.Seed(ctx, "config", filepath.Join("..", "..", "manifests"), standins.ConfigRepository))
	images, err := registry.Start()
	require.NoError(t, err)
	t.Cleanup(func() { _ = images.Down() })
	alerts, err := sink.Start()
	require.NoError(t, err)
	t.Cleanup(func() { _ = alerts.Down() })
	_, err = images.PushRandom("platform/hello", "20260101T000000Z-0000001")
	require.NoError(t, err)
	watch.lap(t, "Git, registry and alert sink serve")

	c, err := cluster.Start(ctx, cluster.Options{Binaries: set, Dir: filepath.Join(dir, "cluster")})
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.Report(ctx))
		}
		stopping := time.Now()
		require.NoError(t, c.Stop())
		t.Logf("stopped in %.2fs", time.Since(stopping).Seconds())
	})
	watch.lap(t, "control plane and nodes are ready")

	flux, err := fluxrun.New(c, set)
	require.NoError(t, err)
	require.NoError(t, flux.InstallOperator(ctx))
	watch.lap(t, "flux-operator is installed and ready")

	instance, err := fluxrun.Instance(instanceValues(images.Address))
	require.NoError(t, err)
	require.NoError(t, c.Apply(ctx, instance))
	require.NoError(t, flux.StartControllers(ctx, components...))
	watch.lap(t, "the controllers are ready")
	require.NoError(t, c.WaitReady(ctx, cluster.Object{APIVersion: "fluxcd.controlplane.io/v1", Kind: "FluxInstance", Namespace: fluxrun.Namespace, Name: "flux"}))
	watch.lap(t, "FluxInstance is Ready")

	objects, err := syncObjects(git.RepositoryURL("config"), map[string]string{
		"environment":    "dev",
		"cluster_name":   "platform-dev",
		"aws_region":     "eu-west-1",
		"aws_account_id": "111111111111",
		"registry":       images.Address,
		"image_prefix":   images.Address + "/platform",
		"config_branch":  gitserver.Branch,
		"alert_type":     "generic",
		"alert_secret":   "alert-webhook",
	})
	require.NoError(t, err)
	require.NoError(t, c.Apply(ctx, secret("config-repository", git.SecretData()), secret("alert-webhook", map[string]string{"address": alerts.URL()})))
	// As in the stack, platform is made once tenants is ready.
	platform := len(objects) - 1
	require.NoError(t, c.Apply(ctx, objects[:platform]...))
	require.NoError(t, c.WaitReady(ctx, kustomization("tenants")))
	watch.lap(t, "tenants is Ready")
	require.NoError(t, c.Apply(ctx, objects[platform]))
	require.NoError(t, waitAll(ctx, c, kustomization("platform"), kustomization("policies"), kustomization("notifications")))
	watch.lap(t, "platform, policies and notifications are Ready: synced")

	require.NoError(t, waitAll(ctx, c, kustomization("image-automation"), kustomization("hello")))
	watch.lap(t, "hello and image-automation are Ready")
	require.Empty(t, c.Processes.Dead())
	reportMemory(t, c)
}

// reportMemory prints what each process takes, this one included, since Git
// server and registry run in it.
func reportMemory(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	usages, err := c.Processes.Usage()
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
