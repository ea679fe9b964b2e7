package bench

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/cluster"
)

// Kustomization names a Kustomization of Flux.
func Kustomization(name string) cluster.Object {
	return cluster.Object{APIVersion: "kustomize.toolkit.fluxcd.io/v1", Kind: "Kustomization", Namespace: namespace, Name: name}
}

// Source names the GitRepository that all follow.
func Source() cluster.Object {
	return cluster.Object{APIVersion: "source.toolkit.fluxcd.io/v1", Kind: "GitRepository", Namespace: namespace, Name: "flux-system"}
}

// Reconcile asks a controller to look now, as an event would.
func (b *Bench) Reconcile(ctx context.Context, o cluster.Object) error {
	patch := fmt.Sprintf(`{"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":"%d"}}}`, time.Now().UnixNano())
	return b.Cluster.MergePatch(ctx, o, patch)
}

// WaitApplied waits until a Kustomization is ready at a commit.
func (b *Bench) WaitApplied(ctx context.Context, name, commit string) error {
	last := ""
	err := b.Cluster.Until(ctx, Kustomization(name), func(found *unstructured.Unstructured) bool {
		if found == nil {
			return false
		}
		revision, _, _ := unstructured.NestedString(found.Object, "status", "lastAppliedRevision")
		ready, says := cluster.Condition(found, "Ready")
		last = revision + ", Ready " + says
		return ready && revision == "main@sha1:"+commit
	})
	if err != nil {
		return fmt.Errorf("kustomization %s is not ready at %s: %s (%w)", name, commit, last, err)
	}
	return nil
}

// WaitSays waits until a condition of an object is not true and says something.
func (b *Bench) WaitSays(ctx context.Context, o cluster.Object, says func(string) bool) (last string, err error) {
	err = b.Cluster.Until(ctx, o, func(found *unstructured.Unstructured) bool {
		if found == nil {
			return false
		}
		ready, text := cluster.Condition(found, "Ready")
		last = text
		return !ready && says(text)
	})
	if err != nil {
		return last, fmt.Errorf("%s says %q (%w)", o, last, err)
	}
	return last, nil
}
