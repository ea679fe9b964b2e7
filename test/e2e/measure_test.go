package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/figures"
)

// measureEvent: from the moment that Git has a commit, which a webhook tells
// Flux, until what it changes is applied. The commit goes through the whole of
// what is shipped: the app's Kustomization, in the name of the tenant.
func measureEvent(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, 8*time.Minute)
	pushed := make(chan time.Time, 1)
	b.Git.OnPush(func(string) {
		pushed <- time.Now()
		_ = b.Reconcile(interrupted, bench.Source())
	})
	defer b.Git.OnPush(func(string) { _ = b.Reconcile(interrupted, bench.Source()) })
	c := clone(t, ctx, b)
	last := "hello from ${environment}"
	for i := range figures.Samples {
		message := fmt.Sprintf("event %d", i)
		require.NoError(t, c.Edit(devHello, func(text string) string { return strings.Replace(text, "MESSAGE="+last, "MESSAGE="+message, 1) }))
		commit := push(t, ctx, c, "Say "+message)
		at := <-pushed
		waitMessage(t, ctx, b, message)
		report.Time(figures.PushByEvent, time.Since(at))
		require.NoError(t, b.WaitApplied(ctx, "hello", commit))
		last = message
	}
}

// measureImage: from the moment that the registry has an image, which a
// webhook tells Flux, until its tag is committed and the Deployment's rollout
// is done.
func measureImage(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, 8*time.Minute)
	for i := range figures.Samples {
		// A tag names the second that it was released in.
		tag := time.Now().UTC().Add(time.Duration(i)*time.Second).Format("20060102T150405Z") + fmt.Sprintf("-%07x", i)
		_, err := b.Images.PushRandom(bench.ImageRepository, tag)
		require.NoError(t, err)
		at := time.Now()
		require.NoError(t, b.Reconcile(ctx, imageRepository))
		want := b.Images.Reference(bench.ImageRepository, tag)
		require.NoError(t, b.Cluster.Until(ctx, hello, func(found *unstructured.Unstructured) bool {
			return found != nil && bench.Image(found) == want && rolledOut(found)
		}), "hello does not run %s", want)
		report.Time(figures.Image, time.Since(at))
	}
}

// rolledOut says what `kubectl rollout status` does: all replicas are the new
// ones, and available.
func rolledOut(deployment *unstructured.Unstructured) bool {
	number := func(fields ...string) int64 {
		n, _, _ := unstructured.NestedInt64(deployment.Object, fields...)
		return n
	}
	replicas := number("spec", "replicas")
	return number("status", "observedGeneration") == deployment.GetGeneration() &&
		number("status", "updatedReplicas") == replicas && number("status", "replicas") == replicas &&
		number("status", "availableReplicas") == replicas
}

// measureFollowers: many clusters in one. Each follower is a source and a
// Kustomization with the shipped settings, begun at another moment, so that
// one push and one change by hand are samples at all phases of the interval.
func measureFollowers(t *testing.T, b *bench.Bench) {
	const name, interval = "followers", time.Minute
	ctx := deadline(t, 8*time.Minute)
	seed := t.TempDir()
	writeScale(t, seed, 1, 1, "first")
	require.NoError(t, b.Git.Seed(ctx, name, seed, nil))
	for i := range figures.Samples {
		require.NoError(t, b.Cluster.Apply(ctx, following(t, ctx, b, name, fmt.Sprintf("%s-%d", name, i), 1)...))
		time.Sleep(interval / figures.Samples)
	}
	c, err := b.Git.Clone(ctx, name, filepath.Join(t.TempDir(), "clone"))
	require.NoError(t, err)
	require.NoError(t, c.Edit("part-0/object-0.yaml", func(text string) string { return strings.Replace(text, "first", "second", 1) }))
	push(t, ctx, c, "Say second")
	eachFollower(t, ctx, b, name, figures.PushByPolling)

	for i := range figures.Samples {
		require.NoError(t, b.Cluster.MergePatch(ctx, followed(name, i), `{"data":{"text":"by hand"}}`))
	}
	eachFollower(t, ctx, b, name, figures.Drift)
}

// eachFollower measures from now until each follower says second.
func eachFollower(t *testing.T, ctx context.Context, b *bench.Bench, name, figure string) {
	t.Helper()
	start := time.Now()
	problems := make([]error, figures.Samples)
	var all sync.WaitGroup
	for i := range figures.Samples {
		all.Go(func() {
			problems[i] = b.Cluster.Until(ctx, followed(name, i), hasText("second"))
			report.Time(figure, time.Since(start))
		})
	}
	all.Wait()
	for i, err := range problems {
		require.NoError(t, err, "follower %d", i)
	}
}

// followed is what the follower applies.
func followed(name string, i int) cluster.Object {
	return cluster.Object{APIVersion: "v1", Kind: "ConfigMap", Namespace: fmt.Sprintf("%s-%d", name, i), Name: "part-0-object-0"}
}
