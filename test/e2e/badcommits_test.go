package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/gitserver"
)

// mistake is something that should not have been pushed.
type mistake struct {
	name string
	make func(c *gitserver.Clone) error
	// kustomization says in its condition what is wrong.
	kustomization, says string
}

// mistakes are pushed a list at a time: those of one list hurt different Kustomizations.
var mistakes = [][]mistake{
	{
		{"malformed YAML", func(c *gitserver.Clone) error {
			return c.Write("apps/base/hello/service.yaml", "kind: [Service\n")
		}, "hello", "apps/base/hello"},
		// In an object of Flux, not of Kubernetes: Flux converts those to their Go types
		// and drops what these do not have, without a word. test/manifests finds it there.
		{"an unknown field", func(c *gitserver.Clone) error {
			return c.Edit("infrastructure/notifications/provider.yaml", func(text string) string {
				return strings.Replace(text, "spec:\n", "spec:\n  unknownField: 1\n", 1)
			})
		}, "notifications", "unknownField"},
		{"a missing path", func(c *gitserver.Clone) error {
			return c.Edit("clusters/dev/infrastructure.yaml", func(text string) string {
				return strings.Replace(text, "path: ./infrastructure/policies", "path: ./infrastructure/nowhere", 1)
			})
		}, "policies", "nowhere"},
	},
	{
		{"an image from elsewhere", func(c *gitserver.Clone) error {
			return c.Edit(devHello, func(text string) string {
				return strings.Replace(text, "newName: ${image_prefix}/hello", "newName: docker.io/library/nginx", 1)
			})
		}, "hello", "docker.io/library/nginx"},
		{"a cycle, one side", func(c *gitserver.Clone) error {
			return c.Edit("clusters/dev/infrastructure.yaml", func(text string) string {
				before, after, _ := strings.Cut(text, "name: notifications")
				return before + "name: notifications" + strings.Replace(after, "- name: tenants", "- name: image-automation", 1)
			})
		}, "notifications", "image-automation"},
		{"a cycle, the other", func(c *gitserver.Clone) error {
			return c.Edit("clusters/dev/image-automation.yaml", func(text string) string {
				return strings.Replace(text, "- name: tenants", "- name: notifications", 1)
			})
		}, "image-automation", "notifications"},
	},
}

// testBadCommits: whatever is pushed, the last good state stays, the condition
// names the cause, and the fix is applied. After a cycle that takes up to an
// interval: kustomize-controller cannot sort its Kustomizations any more, and
// drops the news of a revision for all of them.
func testBadCommits(t *testing.T, b *bench.Bench) {
	for _, together := range mistakes {
		var names []string
		for _, m := range together {
			names = append(names, m.name)
		}
		if !t.Run(strings.Join(names, ", "), func(t *testing.T) { pushMistakes(t, deadline(t, 3*time.Minute), b, together) }) {
			return
		}
	}
}

func pushMistakes(t *testing.T, ctx context.Context, b *bench.Bench, together []mistake) {
	before, err := b.Cluster.Get(ctx, hello)
	require.NoError(t, err)
	c := clone(t, ctx, b)
	for _, m := range together {
		require.NoError(t, m.make(c), m.name)
	}
	bad := push(t, ctx, c, "Break it")
	require.NoError(t, b.WaitApplied(ctx, "platform", bad))
	// Kustomizations that wait for each other do so from the next revision on.
	require.NoError(t, c.Write("NOTES.md", "Nothing that Flux reads.\n"))
	next := push(t, ctx, c, "Take a note")
	for _, m := range together {
		says, err := b.WaitSays(ctx, bench.Kustomization(m.kustomization), func(text string) bool { return strings.Contains(text, m.says) })
		require.NoError(t, err, m.name)
		t.Logf("%s: %s", m.name, says)
	}

	after, err := b.Cluster.Get(ctx, hello)
	require.NoError(t, err)
	require.Equal(t, podTemplate(before), podTemplate(after), "the last good state stays")

	revert(t, ctx, c, next)
	fixed := revert(t, ctx, c, bad)
	for _, name := range []string{"policies", "notifications", "image-automation", "hello"} {
		require.NoError(t, b.WaitApplied(ctx, name, fixed), "%s recovers", name)
	}
}

// podTemplate is what a Deployment runs.
func podTemplate(deployment *unstructured.Unstructured) map[string]any {
	template, _, _ := unstructured.NestedMap(deployment.Object, "spec", "template")
	return template
}
