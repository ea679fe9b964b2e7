package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/figures"
	"gitops-eks/test/e2e/sink"
)

var service = cluster.Object{APIVersion: "v1", Kind: "Service", Namespace: "hello", Name: "hello"}

// testHeal: what hands change in the cluster is put back within the interval.
// Principle 4.
func testHeal(t *testing.T, b *bench.Bench) {
	get := func(ctx context.Context, o cluster.Object) *unstructured.Unstructured {
		object, err := b.Cluster.Get(ctx, o)
		require.NoError(t, err)
		return object
	}
	patch := func(ctx context.Context, o cluster.Object, patch string) {
		require.NoError(t, b.Cluster.MergePatch(ctx, o, patch))
	}
	ctx := deadline(t, time.Minute)
	// Not while Flux waits for the app to be healthy: it heals nothing then, and for
	// an object that is deleted meanwhile it waits until its timeout.
	require.NoError(t, b.Cluster.WaitReady(ctx, bench.Kustomization("hello")))
	config := cluster.Object{APIVersion: "v1", Kind: "ConfigMap", Namespace: "hello", Name: configName(get(ctx, hello))}
	drifts := []struct {
		name   string
		object cluster.Object
		drift  func(ctx context.Context)
		healed func(found *unstructured.Unstructured) bool
	}{
		{"a ConfigMap is edited", config,
			func(ctx context.Context) { patch(ctx, config, `{"data":{"MESSAGE":"by hand"}}`) },
			func(found *unstructured.Unstructured) bool {
				message, _, _ := unstructured.NestedString(found.Object, "data", "MESSAGE")
				return message == "hello from dev"
			}},
		{"a Deployment is edited", hello,
			func(ctx context.Context) {
				patch(ctx, hello, `{"spec":{"progressDeadlineSeconds":77}}`)
			},
			func(found *unstructured.Unstructured) bool {
				seconds, _, _ := unstructured.NestedInt64(found.Object, "spec", "progressDeadlineSeconds")
				return seconds != 77
			}},
		{"a Deployment is scaled beyond its autoscaler", hello,
			func(ctx context.Context) { patch(ctx, hello, `{"spec":{"replicas":40}}`) },
			func(found *unstructured.Unstructured) bool {
				replicas, _, _ := unstructured.NestedInt64(found.Object, "spec", "replicas")
				return replicas < 40
			}},
		{"an object is deleted", service,
			func(ctx context.Context) { require.NoError(t, b.Cluster.Client.Delete(ctx, get(ctx, service))) },
			func(found *unstructured.Unstructured) bool { return found.GetDeletionTimestamp() == nil }},
		{"a label is removed", cluster.Object{APIVersion: "v1", Kind: "Namespace", Name: "hello"},
			func(ctx context.Context) {
				patch(ctx, cluster.Object{APIVersion: "v1", Kind: "Namespace", Name: "hello"}, `{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":null}}}`)
			},
			func(found *unstructured.Unstructured) bool {
				return found.GetLabels()["pod-security.kubernetes.io/enforce"] == "restricted"
			}},
	}
	// All at once: each has the same minute, and a few seconds to apply.
	ctx = deadline(t, 90*time.Second)
	start := time.Now()
	for _, d := range drifts {
		d.drift(ctx)
	}
	for _, d := range drifts {
		require.NoError(t, b.Cluster.Until(ctx, d.object, func(found *unstructured.Unstructured) bool {
			return found != nil && d.healed(found)
		}), d.name)
		t.Logf("%s: healed within %.1fs", d.name, time.Since(start).Seconds())
		report.Time(figures.Drift, time.Since(start))
	}
}

// testAlert: a reconciliation that fails is told to the outside.
func testAlert(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, time.Minute)
	b.Alerts.Reset()
	c := clone(t, ctx, b)
	require.NoError(t, c.Write("apps/base/hello/service.yaml", "kind: [Service\n"))
	commit := push(t, ctx, c, "Break it for the alert")
	waitAlert(t, ctx, b)
	fixed := revert(t, ctx, c, commit)
	require.NoError(t, b.WaitApplied(ctx, "hello", fixed))
}

// waitAlert waits until it is told that the reconciliation of hello failed.
func waitAlert(t *testing.T, ctx context.Context, b *bench.Bench) {
	t.Helper()
	event, err := b.Alerts.Wait(ctx, func(e sink.Event) bool { return e.Severity == "error" && e.InvolvedObject.Name == "hello" })
	require.NoError(t, err)
	t.Log(event.Message)
}
