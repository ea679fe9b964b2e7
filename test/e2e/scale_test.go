package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/figures"
)

// scaleLimit is how long the largest size may take, on two cores. It is far
// above what is measured: a test of what breaks, not of how busy a machine is.
const scaleLimit = 3 * time.Minute

// testScale: many objects in one Kustomization and in ten, with the settings
// that are shipped. TestFigures measures the sizes in between, too.
func testScale(t *testing.T, b *bench.Bench) {
	runScale(t, b, 200, 1)
	runScale(t, b, 1000, 10)
}

func measureScale(t *testing.T, b *bench.Bench) {
	for _, objects := range []int{200, 1000} {
		for _, kustomizations := range []int{1, 10} {
			runScale(t, b, objects, kustomizations)
		}
	}
}

func runScale(t *testing.T, b *bench.Bench, objects, kustomizations int) {
	t.Run(fmt.Sprintf("%d objects in %d", objects, kustomizations), func(t *testing.T) { scale(t, b, objects, kustomizations) })
}

func scale(t *testing.T, b *bench.Bench, objects, kustomizations int) {
	ctx := deadline(t, scaleLimit)
	name := fmt.Sprintf("scale-%d-%d", objects, kustomizations)
	seed := t.TempDir()
	writeScale(t, seed, objects/kustomizations, kustomizations, "first")
	require.NoError(t, b.Git.Seed(ctx, name, seed, nil))
	commit, err := b.Git.Head(ctx, name)
	require.NoError(t, err)

	before, start := controllersCPU(t, b), time.Now()
	require.NoError(t, b.Cluster.Apply(ctx, following(t, ctx, b, name, name, kustomizations)...))
	waitScale(t, ctx, b, name, kustomizations, commit)
	first := time.Since(start)

	c, err := b.Git.Clone(ctx, name, filepath.Join(t.TempDir(), "clone"))
	require.NoError(t, err)
	require.NoError(t, c.Edit("part-0/object-0.yaml", func(text string) string { return strings.Replace(text, "first", "second", 1) }))
	start = time.Now()
	commit, err = c.Push(ctx, "Change one object")
	require.NoError(t, err)
	require.NoError(t, b.Reconcile(ctx, sourceOf(name)))
	require.NoError(t, b.Cluster.Until(ctx, cluster.Object{APIVersion: "v1", Kind: "ConfigMap", Namespace: name, Name: "part-0-object-0"}, hasText("second")))
	again := time.Since(start)
	waitScale(t, ctx, b, name, kustomizations, commit)

	row := figures.Scale{Objects: objects, Kustomizations: kustomizations, Seconds: first.Seconds(), AgainSeconds: again.Seconds()}
	row.CPUSeconds = (controllersCPU(t, b) - before).Seconds()
	row.Mebibytes = peakOf(t, b, "kustomize-controller")
	report.Sized(row)
	t.Logf("%+v", row)
	unfollow(t, ctx, b, name, kustomizations)
}

// writeScale writes folders of ConfigMaps, a kustomization.yaml in each.
func writeScale(t *testing.T, dir string, each, folders int, text string) {
	t.Helper()
	for folder := range folders {
		path := filepath.Join(dir, fmt.Sprintf("part-%d", folder))
		require.NoError(t, os.MkdirAll(path, 0o755))
		list := "resources:\n"
		for i := range each {
			file := fmt.Sprintf("object-%d.yaml", i)
			list += "  - " + file + "\n"
			object := fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: part-%d-object-%d}\ndata: {text: %s}\n", folder, i, text)
			require.NoError(t, os.WriteFile(filepath.Join(path, file), []byte(object), 0o644))
		}
		require.NoError(t, os.WriteFile(filepath.Join(path, "kustomization.yaml"), []byte(list), 0o644))
	}
}

// following are a namespace, a source and Kustomizations of the same name, with
// the specs of the platform's own but for what they follow.
func following(t *testing.T, ctx context.Context, b *bench.Bench, repository, name string, kustomizations int) []*unstructured.Unstructured {
	t.Helper()
	source := copyOf(t, ctx, b, bench.Source(), name)
	require.NoError(t, unstructured.SetNestedField(source.Object, b.Git.RepositoryURL(repository), "spec", "url"))
	// An account of its own: nothing but the root acts as kustomize-controller.
	account := map[string]any{"kind": "ServiceAccount", "name": name, "namespace": source.GetNamespace()}
	objects := []*unstructured.Unstructured{
		{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name}}},
		{Object: map[string]any{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map[string]any{"name": name, "namespace": source.GetNamespace()}}},
		{Object: map[string]any{
			"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": map[string]any{"name": name, "namespace": name},
			"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
			"subjects": []any{account},
		}},
		source,
	}
	for i := range kustomizations {
		part := copyOf(t, ctx, b, bench.Kustomization("tenants"), fmt.Sprintf("%s-%d", name, i))
		spec := part.Object["spec"].(map[string]any)
		spec["path"], spec["targetNamespace"], spec["serviceAccountName"] = fmt.Sprintf("./part-%d", i), name, name
		spec["sourceRef"] = map[string]any{"kind": "GitRepository", "name": name}
		delete(spec, "postBuild")
		objects = append(objects, part)
	}
	return objects
}

// copyOf is an object's spec under another name.
func copyOf(t *testing.T, ctx context.Context, b *bench.Bench, o cluster.Object, name string) *unstructured.Unstructured {
	t.Helper()
	found, err := b.Cluster.Get(ctx, o)
	require.NoError(t, err)
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": o.APIVersion, "kind": o.Kind,
		"metadata": map[string]any{"name": name, "namespace": o.Namespace},
		"spec":     found.DeepCopy().Object["spec"],
	}}
}

func sourceOf(name string) cluster.Object {
	source := bench.Source()
	source.Name = name
	return source
}

func waitScale(t *testing.T, ctx context.Context, b *bench.Bench, name string, kustomizations int, commit string) {
	t.Helper()
	for i := range kustomizations {
		require.NoError(t, b.WaitApplied(ctx, fmt.Sprintf("%s-%d", name, i), commit))
	}
}

// unfollow takes all away again. The namespace takes the objects with it: to
// prune a thousand of them one by one is not what is measured.
func unfollow(t *testing.T, ctx context.Context, b *bench.Bench, name string, kustomizations int) {
	t.Helper()
	gone := []cluster.Object{
		sourceOf(name), {APIVersion: "v1", Kind: "Namespace", Name: name},
		{APIVersion: "v1", Kind: "ServiceAccount", Namespace: sourceOf(name).Namespace, Name: name},
	}
	for i := range kustomizations {
		part := bench.Kustomization(fmt.Sprintf("%s-%d", name, i))
		require.NoError(t, b.Cluster.MergePatch(ctx, part, `{"spec":{"deletionPolicy":"Orphan"}}`))
		gone = append(gone, part)
	}
	for _, o := range gone {
		found, err := b.Cluster.Get(ctx, o)
		require.NoError(t, err)
		require.NoError(t, b.Cluster.Client.Delete(ctx, found))
	}
	for _, o := range gone {
		require.NoError(t, b.Cluster.Until(ctx, o, func(found *unstructured.Unstructured) bool { return found == nil }))
	}
}

// hasText says whether a ConfigMap of [writeScale] says the text.
func hasText(text string) func(*unstructured.Unstructured) bool {
	return func(found *unstructured.Unstructured) bool {
		if found == nil {
			return false
		}
		said, _, _ := unstructured.NestedString(found.Object, "data", "text")
		return said == text
	}
}

// controllersCPU is what Flux's controllers have used so far.
func controllersCPU(t *testing.T, b *bench.Bench) (sum time.Duration) {
	t.Helper()
	usages, err := b.Cluster.Processes.Usage()
	require.NoError(t, err)
	for _, usage := range usages {
		if slices.Contains(bench.Components, usage.Name) {
			sum += usage.CPU
		}
	}
	return sum
}

// peakOf is the most memory that a process had, in MiB.
func peakOf(t *testing.T, b *bench.Bench, name string) float64 {
	t.Helper()
	usages, err := b.Cluster.Processes.Usage()
	require.NoError(t, err)
	for _, usage := range usages {
		if usage.Name == name {
			return float64(usage.PeakRSS) / (1 << 20)
		}
	}
	require.Fail(t, "no process "+name)
	return 0
}
