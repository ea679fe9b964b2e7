package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
)

// stubborn refuses to end: its finalizer is nobody's.
var stubborn = cluster.Object{APIVersion: "v1", Kind: "ConfigMap", Namespace: "hello", Name: "stubborn"}

// testTeardown: with something left that refuses to end, the deletion fails
// and says what and where; without it, nothing is left. A controller that is
// killed on the way makes no difference.
func testTeardown(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, 5*time.Minute)
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": stubborn.APIVersion, "kind": stubborn.Kind,
		"metadata": map[string]any{"name": stubborn.Name, "namespace": stubborn.Namespace, "finalizers": []any{"bench.example/never"}},
	}}
	require.NoError(t, b.Cluster.Client.Create(ctx, object))
	// Flux gives up after this Kustomization's timeout: eight minutes, here ten seconds.
	require.NoError(t, b.Cluster.MergePatch(ctx, bench.Kustomization("tenants"), `{"spec":{"timeout":"10s"}}`))

	release := holdService(t, ctx, b)
	deleted := make(chan error, 1)
	go func() { deleted <- b.Replay.Delete(ctx) }()
	killDuringDeletion(t, ctx, b)
	release()
	err := <-deleted
	require.ErrorContains(t, err, "the namespace hello is still there.")
	require.ErrorContains(t, err, "configmaps")
	t.Log(err)

	require.NoError(t, b.Cluster.MergePatch(ctx, stubborn, `{"metadata":{"finalizers":null}}`))
	require.NoError(t, b.Cluster.Until(ctx, cluster.Object{APIVersion: "v1", Kind: "Namespace", Name: "hello"}, func(found *unstructured.Unstructured) bool { return found == nil }))
	require.NoError(t, b.Replay.Delete(ctx))
	requireNothingLeft(t, ctx, b)
}

// requireNothingLeft: nothing of Flux or of the tenants, and nothing that costs.
func requireNothingLeft(t *testing.T, ctx context.Context, b *bench.Bench) {
	t.Helper()
	for _, kind := range []string{
		"kustomize.toolkit.fluxcd.io/v1 Kustomization", "source.toolkit.fluxcd.io/v1 GitRepository",
		"image.toolkit.fluxcd.io/v1 ImageRepository", "image.toolkit.fluxcd.io/v1 ImagePolicy", "image.toolkit.fluxcd.io/v1 ImageUpdateAutomation",
		"notification.toolkit.fluxcd.io/v1beta3 Alert", "notification.toolkit.fluxcd.io/v1beta3 Provider",
		"fluxcd.controlplane.io/v1 FluxInstance",
		"v1 PersistentVolumeClaim",
		"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy", "admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding",
	} {
		require.Empty(t, names(t, ctx, b, kind, func(*unstructured.Unstructured) bool { return true }), kind)
	}
	require.Empty(t, names(t, ctx, b, "v1 Namespace", func(o *unstructured.Unstructured) bool {
		return o.GetDeletionTimestamp() != nil || o.GetLabels()["kustomize.toolkit.fluxcd.io/name"] != ""
	}), "namespaces")
	require.Empty(t, names(t, ctx, b, "v1 Service", func(o *unstructured.Unstructured) bool {
		kind, _, _ := unstructured.NestedString(o.Object, "spec", "type")
		return kind == "LoadBalancer"
	}), "load balancers")
	require.Empty(t, names(t, ctx, b, "rbac.authorization.k8s.io/v1 ClusterRole", func(o *unstructured.Unstructured) bool {
		return o.GetLabels()["kustomize.toolkit.fluxcd.io/name"] != ""
	}), "cluster roles")
}
