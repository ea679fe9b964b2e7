package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
)

// holdService has hello's Service take its time to end, as one with a load balancer does.
func holdService(t *testing.T, ctx context.Context, b *bench.Bench) (release func()) {
	t.Helper()
	require.NoError(t, b.Cluster.WaitReady(ctx, bench.Kustomization("hello")))
	set := func(finalizers string) {
		require.NoError(t, b.Cluster.MergePatch(ctx, service, `{"metadata":{"finalizers":`+finalizers+`}}`))
	}
	set(`["bench.example/load-balancer"]`)
	return func() { set("null") }
}

// killDuringDeletion kills kustomize-controller while it waits for hello's
// Service to end, and looks at how it goes on afterwards. What hello acts as
// has to be there then: when it was deleted together with hello, the new
// controller gives up what hello applied, and reports success.
func killDuringDeletion(t *testing.T, ctx context.Context, b *bench.Bench) {
	t.Helper()
	require.NoError(t, b.Cluster.Until(ctx, service, func(found *unstructured.Unstructured) bool {
		return found == nil || found.GetDeletionTimestamp() != nil
	}))
	// The root deletes its children one after the other; this is for the last of them.
	time.Sleep(time.Second)
	controller := b.Cluster.Processes.Get("kustomize-controller")
	require.NoError(t, controller.Kill())
	before := eventsOfHello(t, ctx, b)
	require.NoError(t, controller.Restart(ctx))

	said := goesOn(t, ctx, b, before)
	require.NotContains(t, said, "unable to prune", "these are orphans: the ServiceAccount that the Kustomization hello acts as was deleted with it, move it to tenants/")
	require.NotEmpty(t, said, "the Kustomization hello is gone without a word, and left %s, which it applied: set deletionPolicy: WaitForTermination", service)
}

// goesOn waits until kustomize-controller says something new about hello, and
// answers what; nothing when hello went without.
func goesOn(t *testing.T, ctx context.Context, b *bench.Bench, before map[types.UID]string) (said string) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(200 * time.Millisecond) {
		_, err := b.Cluster.Get(ctx, bench.Kustomization("hello"))
		gone := cluster.Absent(err)
		if gone {
			time.Sleep(2 * time.Second) // its last event is written besides
		}
		for id, message := range eventsOfHello(t, ctx, b) {
			if _, old := before[id]; !old {
				said += message + "\n"
			}
		}
		if gone || said != "" {
			return said
		}
	}
	require.Fail(t, "kustomize-controller does not go on with the deletion of hello after it was killed")
	return ""
}

// eventsOfHello are the messages of the events about the Kustomization hello.
func eventsOfHello(t *testing.T, ctx context.Context, b *bench.Bench) map[types.UID]string {
	t.Helper()
	var list corev1.EventList
	require.NoError(t, b.Cluster.Client.List(ctx, &list, client.InNamespace("flux-system")))
	messages := map[types.UID]string{}
	for _, event := range list.Items {
		if event.InvolvedObject.Kind == "Kustomization" && event.InvolvedObject.Name == "hello" {
			messages[event.UID] = event.Message
		}
	}
	return messages
}
