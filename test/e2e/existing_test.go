package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/fluxrun"
	"gitops-eks/test/e2e/registry"
	"gitops-eks/test/e2e/replay"
)

// TestExistingCluster brings the platform up on a cluster that somebody else
// runs, and leaves that as it was: after a deployment, and after one that was
// interrupted half-way.
func TestExistingCluster(t *testing.T) {
	t.Parallel()
	set, dir := programs(t), folder(t)
	ctx := deadline(t, 10*time.Minute)
	theirs, err := cluster.Start(ctx, cluster.Options{Binaries: set, Dir: filepath.Join(dir, "theirs")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, theirs.Stop()) })
	images, err := registry.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, images.Down()) })
	o := bench.Options{Kubeconfig: theirs.Kubeconfig, Registry: images.Address, App: seeds("app")}
	o.Change = func(o *replay.Options) { o.TimeScale = bench.HandlerClock } // no pod here takes its time
	before := settledContent(t, ctx, theirs)

	t.Run("Used", func(t *testing.T) {
		b := start(t, o)
		require.NoError(t, b.Deploy(ctx))
		testBesideTheCluster(t, ctx, b)
		testRollout(t, ctx, b)
		require.ErrorContains(t, bench.Admit(ctx, b.Cluster, b.Seed), "the namespace gitops-eks-preview says that a preview runs there")
		require.NoError(t, b.Stop())
		require.Equal(t, before, content(t, ctx, theirs))
	})
	t.Run("Interrupted", func(t *testing.T) {
		interruptible, interrupt := context.WithCancel(ctx)
		defer interrupt()
		interrupted := o
		interrupted.Change = func(r *replay.Options) {
			o.Change(r)
			r.Disturb = func(step replay.Step) *replay.Disturbance {
				if strings.HasSuffix(step.Path, "/Sync/Platform") && step.Request == replay.Create {
					interrupt()
				}
				return nil
			}
		}
		b := start(t, interrupted)
		require.ErrorIs(t, b.Deploy(interruptible), context.Canceled)
		require.NoError(t, b.Stop())
		require.Equal(t, before, content(t, ctx, theirs))
	})
	t.Run("Refused", func(t *testing.T) { testRefused(t, ctx, theirs, seeds("manifests")) })
}

// testBesideTheCluster: the app runs in the cluster, from the registry that was
// named; Flux does not, and nothing of theirs is touched.
func testBesideTheCluster(t *testing.T, ctx context.Context, b *bench.Bench) {
	require.NoError(t, b.Cluster.WaitReady(ctx, bench.Kustomization("hello")))
	running, err := b.Cluster.Get(ctx, hello)
	require.NoError(t, err)
	require.Contains(t, bench.Image(running), b.Registry+"/"+bench.ImageRepository+":")
	var pods corev1.PodList
	require.NoError(t, b.Cluster.Client.List(ctx, &pods, client.InNamespace(fluxrun.Namespace)))
	require.Empty(t, pods.Items, "pods of Flux would compete with the processes")
	require.Empty(t, names(t, ctx, b, "v1 ConfigMap", func(o *unstructured.Unstructured) bool {
		return o.GetName() == "amazon-vpc-cni" && o.GetNamespace() == metav1.NamespaceSystem
	}))
}

// testRollout: when the operator changes a Deployment, its process is replaced
// by one with the new arguments.
func testRollout(t *testing.T, ctx context.Context, b *bench.Bench) {
	instance := cluster.Object{APIVersion: "fluxcd.controlplane.io/v1", Kind: "FluxInstance", Namespace: fluxrun.Namespace, Name: "flux"}
	before := b.Cluster.Processes.Get("kustomize-controller").PID()
	require.NoError(t, b.Cluster.MergePatch(ctx, instance, `{"spec":{"cluster":{"size":"large"}}}`))
	require.Eventually(t, func() bool {
		pid := b.Cluster.Processes.Get("kustomize-controller").PID()
		return pid != 0 && pid != before
	}, time.Minute, 200*time.Millisecond, "it is not restarted")
	require.Contains(t, b.Cluster.Processes.Get("kustomize-controller").Args, "--concurrent=20")
}

// testRefused: nothing is installed over what is there, and without the rights.
func testRefused(t *testing.T, ctx context.Context, c *cluster.Cluster, seed string) {
	theirs := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "hello"}}
	require.NoError(t, c.Client.Create(ctx, theirs))
	err := bench.Admit(ctx, c, seed)
	require.ErrorContains(t, err, "has what this would install:\n  Namespace hello\nIt is left as it is")
	require.NoError(t, c.Delete(ctx, cluster.Object{APIVersion: "v1", Kind: "Namespace", Name: "hello"}))
	require.NoError(t, bench.Admit(ctx, c, seed))

	require.NoError(t, c.Client.Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "viewer"}}))
	kubeconfig, err := c.ServiceAccountKubeconfig(ctx, "default", "viewer")
	require.NoError(t, err)
	viewed, err := cluster.Connect(cluster.ConnectOptions{Kubeconfig: kubeconfig, Dir: t.TempDir()})
	require.NoError(t, err)
	require.ErrorContains(t, bench.Admit(ctx, viewed, seed), "installing Flux takes the rights of cluster-admin")
}

// settledContent is the content of a new cluster, once it has made in its own
// namespaces what it makes by itself: some of that comes after the nodes are ready.
func settledContent(t *testing.T, ctx context.Context, c *cluster.Cluster) []string {
	t.Helper()
	for _, namespace := range []string{metav1.NamespaceDefault, metav1.NamespaceSystem, metav1.NamespacePublic, corev1.NamespaceNodeLease} {
		for _, own := range []cluster.Object{
			{APIVersion: "v1", Kind: "ServiceAccount", Namespace: namespace, Name: "default"},
			{APIVersion: "v1", Kind: "ConfigMap", Namespace: namespace, Name: "kube-root-ca.crt"},
		} {
			require.NoError(t, c.Until(ctx, own, exists), own)
		}
	}
	// And an account for each controller, as they start one after the other.
	for last := content(t, ctx, c); ; {
		time.Sleep(2 * time.Second)
		now := content(t, ctx, c)
		if slices.Equal(last, now) {
			return now
		}
		last = now
	}
}

// content is all that a cluster holds, but for what changes by itself.
func content(t *testing.T, ctx context.Context, c *cluster.Cluster) (all []string) {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(c.Config)
	require.NoError(t, err)
	lists, err := client.ServerPreferredResources()
	require.NoError(t, err)
	for _, list := range lists {
		for _, resource := range list.APIResources {
			if !slices.Contains(resource.Verbs, "list") || slices.Contains([]string{"Event", "Lease"}, resource.Kind) {
				continue
			}
			var objects unstructured.UnstructuredList
			objects.SetAPIVersion(list.GroupVersion)
			objects.SetKind(resource.Kind + "List")
			require.NoError(t, c.Client.List(ctx, &objects))
			for _, object := range objects.Items {
				all = append(all, fmt.Sprintf("%s %s/%s", object.GetKind(), object.GetNamespace(), object.GetName()))
			}
		}
	}
	slices.Sort(all)
	return all
}
