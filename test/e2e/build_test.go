package e2e

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/codebuild/ecr"
	"gitops-eks/test/e2e/gitserver"
)

const prodHello = "apps/prod/hello/kustomization.yaml"

var newTag = regexp.MustCompile(`newTag: (\S+)`)

// testBuild: a commit of the app becomes an image by the commands of the
// synthesized pipeline, which holds no credential of the cluster; Flux finds the
// image and rolls it out. Prod gets the same image by a commit. What the scan
// refuses goes nowhere. Principle 3.
func testBuild(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, 15*time.Minute) // a first build compiles all
	app, err := b.StartApp(ctx, t.Output())
	require.NoError(t, err)
	code, err := app.Clone(ctx, filepath.Join(t.TempDir(), "app"))
	require.NoError(t, err)
	config := clone(t, ctx, b)

	watch := newStopwatch()
	tag := release(t, ctx, app, code)
	watch.lap(t, "built, scanned and released")
	follow(t, ctx, b, config, tag)
	promote(t, ctx, b, config, tag)
	refuse(t, ctx, b, app, code, tag)
}

// changeApp pushes a commit that changes the binary.
func changeApp(t *testing.T, ctx context.Context, code *gitserver.Clone, comment string) string {
	t.Helper()
	require.NoError(t, code.Edit("main.go", func(text string) string {
		return strings.Replace(text, "address to listen on", comment+" address to listen on", 1)
	}))
	return push(t, ctx, code, "Say "+comment)
}

// release builds a commit and answers the one tag that is new.
func release(t *testing.T, ctx context.Context, app *bench.App, code *gitserver.Clone) string {
	t.Helper()
	before, err := app.Released(ctx)
	require.NoError(t, err)
	commit := changeApp(t, ctx, code, "good")
	require.NoError(t, app.Build(ctx, commit))
	after, err := app.Released(ctx)
	require.NoError(t, err)
	require.Len(t, after, len(before)+1)
	newest := after[len(after)-1] // tags sort by time
	require.NotContains(t, before, newest)
	require.Regexp(t, `^[0-9]{8}T[0-9]{6}Z-`+commit[:7]+`$`, newest)
	t.Log(newest)
	return newest
}

// follow waits until dev runs an image that is in the registry, of which
// Flux is told: it would ask once a minute.
func follow(t *testing.T, ctx context.Context, b *bench.Bench, config *gitserver.Clone, tag string) {
	t.Helper()
	watch := newStopwatch()
	require.NoError(t, b.Reconcile(ctx, imageRepository))
	policy := cluster.Object{APIVersion: "image.toolkit.fluxcd.io/v1", Kind: "ImagePolicy", Namespace: "flux-system", Name: "hello"}
	require.NoError(t, b.Cluster.Until(ctx, policy, func(found *unstructured.Unstructured) bool {
		if found == nil {
			return false
		}
		latest, _, _ := unstructured.NestedString(found.Object, "status", "latestRef", "tag")
		return latest == tag
	}), "image-reflector does not see %s", tag)
	watch.lap(t, "image-reflector sees the tag")

	want := b.Images.Reference(bench.ImageRepository, tag)
	require.NoError(t, b.Cluster.Until(ctx, hello, func(found *unstructured.Unstructured) bool {
		return found != nil && bench.Image(found) == want && rolledOut(found)
	}), "hello does not run %s", want)
	t.Logf("%6.2fs from the tag in the registry to the Deployment rolled out", time.Since(watch.start).Seconds())

	require.NoError(t, config.Pull(ctx))
	log, err := config.Git(ctx, "log", "-1", "--format=%an: %B")
	require.NoError(t, err)
	require.Contains(t, log, "Flux in platform-dev")
	require.Contains(t, log, "-> "+tag)
	require.Equal(t, tag, tagIn(t, config, devHello))
}

func tagIn(t *testing.T, config *gitserver.Clone, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(config.Dir, filepath.FromSlash(file)))
	require.NoError(t, err)
	match := newTag.FindStringSubmatch(string(text))
	require.NotNil(t, match, "%s has no newTag", file)
	return match[1]
}

// promote moves what dev runs to prod, by a commit alone: nothing is built again.
func promote(t *testing.T, ctx context.Context, b *bench.Bench, config *gitserver.Clone, tag string) {
	t.Helper()
	before, err := b.Images.Digest(bench.ImageRepository, tag)
	require.NoError(t, err)
	require.NoError(t, config.Edit(prodHello, func(text string) string {
		return newTag.ReplaceAllString(text, "newTag: "+tagIn(t, config, devHello))
	}))
	push(t, ctx, config, "Promote "+tag)

	require.NoError(t, config.Pull(ctx))
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(config.Dir, filepath.Dir(prodHello)))
	require.NoError(t, err)
	text, err := built.AsYaml()
	require.NoError(t, err)
	require.Contains(t, string(text), "image: ${image_prefix}/hello:"+tag+"\n")
	after, err := b.Images.Digest(bench.ImageRepository, tag)
	require.NoError(t, err)
	require.Equal(t, before, after, "prod runs the very image that dev ran")
}

// refuse builds a commit whose scan is bad: there is no tag, and so no rollout.
func refuse(t *testing.T, ctx context.Context, b *bench.Bench, app *bench.App, code *gitserver.Clone, running string) {
	t.Helper()
	before, err := app.Released(ctx)
	require.NoError(t, err)
	app.Scan = ecr.Scan{Findings: []ecr.Finding{{Name: "CVE-2026-0001", Severity: "CRITICAL", Package: "musl"}}}
	err = app.Build(ctx, changeApp(t, ctx, code, "bad"))
	require.ErrorContains(t, err, "CRITICAL\tCVE-2026-0001\tmusl")
	require.ErrorContains(t, err, "the image is not released")
	after, err := app.Released(ctx)
	require.NoError(t, err)
	require.Equal(t, before, after)
	still, err := b.Cluster.Get(ctx, hello)
	require.NoError(t, err)
	require.Equal(t, b.Images.Reference(bench.ImageRepository, running), bench.Image(still))
}
