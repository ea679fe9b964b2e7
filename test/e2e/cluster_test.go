package e2e

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gitops-eks/test/e2e/cluster"
)

// TestControlPlaneFaults shows that the bench can play the faults that the
// scenarios need: what was written is there after each of them.
func TestControlPlaneFaults(t *testing.T) {
	t.Parallel()
	set := programs(t)
	ctx := deadline(t, 3*time.Minute)
	dir := folder(t)
	c, err := cluster.Start(ctx, cluster.Options{Binaries: set, Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.Report(ctx))
		}
		require.NoError(t, c.Stop())
	})
	etcd, apiserver := c.Processes.Get(cluster.Etcd), c.Processes.Get(cluster.APIServer)
	write(ctx, t, c, "before")

	require.NoError(t, etcd.Kill())
	require.NoError(t, etcd.Start(ctx))
	requireRead(ctx, t, c, "before")

	// A backup is put back: what was written after it is gone, and the cluster works.
	require.NoError(t, apiserver.Kill())
	require.NoError(t, etcd.Stop())
	backup := filepath.Join(dir, "backup")
	require.NoError(t, os.CopyFS(backup, os.DirFS(c.EtcdData())))
	require.NoError(t, etcd.Start(ctx))
	require.NoError(t, apiserver.Start(ctx))
	write(ctx, t, c, "after")
	require.NoError(t, apiserver.Stop())
	require.NoError(t, etcd.Stop())
	require.NoError(t, os.RemoveAll(c.EtcdData()))
	require.NoError(t, os.Rename(backup, c.EtcdData()))
	require.NoError(t, etcd.Start(ctx))
	require.NoError(t, apiserver.Start(ctx))
	requireRead(ctx, t, c, "before")
	err = c.Client.Get(ctx, client.ObjectKey{Namespace: "default", Name: "after"}, &corev1.ConfigMap{})
	require.True(t, apierrors.IsNotFound(err), "%v", err)
	write(ctx, t, c, "later")

	require.Empty(t, c.Processes.Dead(), "nothing else ended on the way")
}

func write(ctx context.Context, t *testing.T, c *cluster.Cluster, name string) {
	t.Helper()
	require.NoError(t, c.Client.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}}))
}

func requireRead(ctx context.Context, t *testing.T, c *cluster.Cluster, name string) {
	t.Helper()
	require.NoError(t, c.Client.Get(ctx, client.ObjectKey{Namespace: "default", Name: name}, &corev1.ConfigMap{}))
}
