package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
)

// passing is an object that is in Git for one commit, of a kind that its
// Kustomization may apply and that nothing acts on.
type passing struct {
	kustomization, folder string
	object                cluster.Object
	// spec in YAML; none for a ConfigMap.
	spec string
}

var passings = []passing{
	{"tenants", "tenants", cluster.Object{APIVersion: "v1", Kind: "ConfigMap", Namespace: "flux-system", Name: "passing-tenants"}, ""},
	{"platform", "clusters/dev", bench.Kustomization("passing-platform"), "{suspend: true, interval: 1m, prune: true, path: ./nowhere, sourceRef: {kind: GitRepository, name: flux-system}}"},
	{"policies", "infrastructure/policies", cluster.Object{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: "hello", Name: "passing-policies"}, "{podSelector: {matchLabels: {of: nobody}}}"},
	{"notifications", "infrastructure/notifications", alertProvider("passing-notifications"), "{type: generic, address: 'https://nobody.invalid'}"},
	{"image-automation", "infrastructure/image-automation", alertProvider("passing-image-automation"), "{type: generic, address: 'https://nobody.invalid'}"},
	{"hello", "apps/dev/hello", cluster.Object{APIVersion: "v1", Kind: "ConfigMap", Namespace: "hello", Name: "passing-hello"}, ""},
}

func alertProvider(name string) cluster.Object {
	return cluster.Object{APIVersion: "notification.toolkit.fluxcd.io/v1beta3", Kind: "Provider", Namespace: "flux-system", Name: name}
}

func (p passing) manifest() string {
	text := fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: %s, namespace: %s}\n", p.object.APIVersion, p.object.Kind, p.object.Name, p.object.Namespace)
	if p.spec != "" {
		text += "spec: " + p.spec + "\n"
	}
	return text
}

// testPrune: what a commit takes out of Git goes from the cluster, whichever
// Kustomization applied it. Nothing but such a commit shows that one does not
// prune: a deletion with the deletionPolicy WaitForTermination removes all the same.
func testPrune(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, 3*time.Minute)
	c := clone(t, ctx, b)
	for _, p := range passings {
		require.NoError(t, c.Write(p.folder+"/passing.yaml", p.manifest()))
		require.NoError(t, c.Edit(p.folder+"/kustomization.yaml", func(text string) string {
			return strings.Replace(text, "resources:\n", "resources:\n  - passing.yaml\n", 1)
		}))
	}
	added := push(t, ctx, c, "Add an object to each Kustomization")
	for _, p := range passings {
		require.NoError(t, b.Cluster.Until(ctx, p.object, exists), "%s was not applied", p.object)
	}

	revert(t, ctx, c, added)
	// Not until a Kustomization is ready at this commit: Flux may push one on top, with an image's tag.
	minute := deadline(t, time.Minute)
	for _, p := range passings {
		_ = b.Cluster.Until(minute, p.object, func(found *unstructured.Unstructured) bool { return found == nil }) // what is left says more
	}
	var left []string
	for _, p := range passings {
		_, err := b.Cluster.Get(ctx, p.object)
		if cluster.Absent(err) {
			continue
		}
		require.NoError(t, err)
		sync, err := b.Cluster.Get(ctx, bench.Kustomization(p.kustomization))
		require.NoError(t, err)
		_, says := cluster.Condition(sync, "Ready")
		left = append(left, fmt.Sprintf("%s, applied by the Kustomization %s, Ready %s", p.object, p.kustomization, says))
	}
	require.Empty(t, strings.Join(left, "\n"), "a commit took these out of Git, and they were left in the cluster: set prune: true")
}
