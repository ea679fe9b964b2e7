package e2e

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/figures"
	"gitops-eks/test/e2e/gitserver"
)

// hello is the sample app's Deployment.
var hello = cluster.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "hello", Name: "hello"}

// imageRepository is what looks for its images.
var imageRepository = cluster.Object{APIVersion: "image.toolkit.fluxcd.io/v1", Kind: "ImageRepository", Namespace: "flux-system", Name: "hello"}

// devHello is the overlay that says what dev runs.
const devHello = "apps/dev/hello/kustomization.yaml"

// clone is a working copy of the config repository.
func clone(t *testing.T, ctx context.Context, b *bench.Bench) *gitserver.Clone {
	t.Helper()
	c, err := b.Git.Clone(ctx, bench.ConfigRepository, filepath.Join(t.TempDir(), "config"))
	require.NoError(t, err)
	return c
}

// push commits and pushes all changes.
func push(t *testing.T, ctx context.Context, c *gitserver.Clone, message string) string {
	t.Helper()
	commit, err := c.Push(ctx, message)
	require.NoError(t, err)
	return commit
}

// revert takes a commit back.
func revert(t *testing.T, ctx context.Context, c *gitserver.Clone, commit string) string {
	t.Helper()
	back, err := c.Revert(ctx, commit)
	require.NoError(t, err)
	return back
}

// setMessage changes what hello says in dev.
func setMessage(message string) func(string) string {
	return func(text string) string {
		return strings.Replace(text, "MESSAGE=hello from ${environment}", "MESSAGE="+message, 1)
	}
}

// waitMessage waits until hello's pods are given a message: the name of the
// ConfigMap in the Deployment changes with its content.
func waitMessage(t *testing.T, ctx context.Context, b *bench.Bench, message string) {
	t.Helper()
	var last string
	err := b.Cluster.Until(ctx, hello, func(found *unstructured.Unstructured) bool {
		if found == nil {
			return false
		}
		name := configName(found)
		config, err := b.Cluster.Get(ctx, cluster.Object{APIVersion: "v1", Kind: "ConfigMap", Namespace: "hello", Name: name})
		if err != nil {
			last = err.Error()
			return false
		}
		last, _, _ = unstructured.NestedString(config.Object, "data", "MESSAGE")
		return last == message
	})
	require.NoError(t, err, "hello says %q, want %q", last, message)
}

func configName(deployment *unstructured.Unstructured) string {
	containers, _, _ := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
	for _, container := range containers {
		sources, _, _ := unstructured.NestedSlice(container.(map[string]any), "envFrom")
		for _, source := range sources {
			if name, ok, _ := unstructured.NestedString(source.(map[string]any), "configMapRef", "name"); ok {
				return name
			}
		}
		variables, _, _ := unstructured.NestedSlice(container.(map[string]any), "env")
		for _, variable := range variables {
			if name, ok, _ := unstructured.NestedString(variable.(map[string]any), "valueFrom", "configMapKeyRef", "name"); ok {
				return name
			}
		}
	}
	return ""
}

// testGit: a commit is applied, its revert restores, and reverting that rolls
// forward again. Principle 2.
func testGit(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, 2*time.Minute)
	c := clone(t, ctx, b)
	require.NoError(t, c.Edit(devHello, setMessage("second")))
	second := push(t, ctx, c, "Say second")
	waitMessage(t, ctx, b, "second")

	back := revert(t, ctx, c, second)
	waitMessage(t, ctx, b, "hello from dev")

	forward := revert(t, ctx, c, back)
	waitMessage(t, ctx, b, "second")

	last := revert(t, ctx, c, forward)
	waitMessage(t, ctx, b, "hello from dev")
	require.NoError(t, b.WaitApplied(ctx, "hello", last))
}

// testImage: an image lands in the registry; Flux sees it, commits its tag to
// the config repository and rolls it out. Principle 3.
func testImage(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, 2*time.Minute)
	tag := time.Now().UTC().Format("20060102T150405Z") + "-abcdef0"
	_, err := b.Images.PushRandom(bench.ImageRepository, tag)
	require.NoError(t, err)
	pushed := time.Now()
	require.NoError(t, b.Reconcile(ctx, imageRepository))
	want := b.Images.Reference(bench.ImageRepository, tag)
	require.NoError(t, b.Cluster.Until(ctx, hello, func(found *unstructured.Unstructured) bool {
		return found != nil && bench.Image(found) == want
	}), "hello does not run %s", want)
	report.Time(figures.Image, time.Since(pushed))

	c := clone(t, ctx, b)
	log, err := c.Git(ctx, "log", "-1", "--format=%an: %B")
	require.NoError(t, err)
	t.Log(log)
	require.Contains(t, log, tag)
}
