package replay

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// rewritten replaces a text wherever it stands in a property.
func rewritten(value any, before, after string) any {
	switch value := value.(type) {
	case string:
		return strings.ReplaceAll(value, before, after)
	case []any:
		for i := range value {
			value[i] = rewritten(value[i], before, after)
		}
	case map[string]any:
		for key := range value {
			value[key] = rewritten(value[key], before, after)
		}
	}
	return value
}

// testRealUpdate updates each kind of resource but the charts, which are played.
func testRealUpdate(ctx context.Context, t *testing.T, a actors, r *Replay) {
	done := len(r.Steps())
	tenantsObject, err := a.Get(ctx, objectNamed(tenants))
	require.NoError(t, err)
	revision := tenantsObject.GetAnnotations()["reconcile.fluxcd.io/requestedAt"]
	to := read(t, edited(t, "dev-gitops", func(template map[string]any) {
		rewritten(properties(t, template, "Sync/Facts"), `"config_branch":"main"`, `"config_branch":"next"`)
		rewritten(properties(t, template, "Sync/Guard/Policy"), "then delete the stack again.", "then delete this stack again.")
		properties(t, template, "Sync/Guard/Check")["ApplyPatchJson"] = `{"metadata":{"labels":{"patched":"yes"}}}`
		rewritten(properties(t, template, "Sync/Tenants"), revision, "f00d")
		rewritten(properties(t, template, "Sync/TenantsReady"), revision, "f00d")
	}))
	require.NoError(t, r.Update(ctx, to))
	var paths []string
	for _, step := range r.Steps()[done:] {
		require.Equal(t, Update, step.Request)
		if step.Again == 0 {
			paths = append(paths, strings.TrimPrefix(step.Path, "dev-gitops/Sync/"))
		}
	}
	require.Equal(t, []string{"Facts", "Guard/Policy", "Guard/Check", "Tenants", "TenantsReady"}, paths)
	changed, err := a.Get(ctx, objectNamed(facts))
	require.NoError(t, err)
	branch, _, err := unstructured.NestedString(changed.Object, "data", "config_branch")
	require.NoError(t, err)
	require.Equal(t, "next", branch)
	require.Equal(t, "yes", changed.GetLabels()["patched"])
}

// testRealNotReady waits for a revision that never comes.
func testRealNotReady(ctx context.Context, t *testing.T, r *Replay) {
	before := r.Assembly
	to := read(t, edited(t, "dev-gitops", func(template map[string]any) {
		ready := properties(t, template, "Sync/PlatformReady")
		ready["JsonPath"] = strings.Replace(ready["JsonPath"].(string), `lastHandledReconcileAt=="`, `lastHandledReconcileAt=="never-`, 1)
		ready["TimeoutSeconds"] = 20
	}))
	err := r.Update(ctx, to)
	require.ErrorContains(t, err, "dev-gitops/Sync/PlatformReady: Received response status [FAILED]")
	require.ErrorContains(t, err, "kubectl -n flux-system describe kustomizations.kustomize.toolkit.fluxcd.io/platform gitrepositories.source.toolkit.fluxcd.io/flux-system")
	require.ErrorContains(t, err, "(last_error=None)")
	r.Disturb = nil
	require.NoError(t, r.Update(ctx, before), "back, as CloudFormation would go")
}

// testRealTeardown: a namespace of a tenant stops the deletion for as long as it is there.
func testRealTeardown(ctx context.Context, t *testing.T, a actors, r *Replay) {
	tenant := &unstructured.Unstructured{Object: object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{
		"name":   "team-a",
		"labels": object{"kustomize.toolkit.fluxcd.io/name": "tenants", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"},
	}}}
	other := &unstructured.Unstructured{Object: object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{
		"name": "other", "labels": object{"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"},
	}}}
	held := &unstructured.Unstructured{Object: object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{
		"name": "held", "namespace": "team-a", "finalizers": []any{"example.com/hold"},
	}}}
	require.NoError(t, a.Apply(ctx, tenant, other, held))

	err := r.Delete(ctx)
	require.ErrorContains(t, err, "delete dev-gitops: dev-gitops/Sync/Guard/Check: Received response status [FAILED]")
	require.ErrorContains(t, err, "the namespace team-a is still there. ")
	t.Log(err)

	require.NoError(t, a.Client.Delete(ctx, tenant))
	require.NoError(t, a.Wait(ctx, objectNamed("v1 Namespace team-a"), "NamespaceFinalizersRemaining"))
	require.Eventually(t, func() bool { // the API server's view of its parameters lags behind
		err = r.Delete(ctx)
		return err != nil && strings.Contains(err.Error(), "example.com/hold in 1 resource instances")
	}, 10*time.Second, 200*time.Millisecond)
	t.Log(err)
	require.ErrorContains(t, err, "Some resources are remaining: configmaps. has 1 resource instances")
	for _, name := range []string{facts, policy, binding} {
		_, err := a.Get(ctx, objectNamed(name))
		require.NoError(t, err, "%s outlives the failure", name)
	}
	found, err := a.Get(ctx, objectNamed(facts))
	require.NoError(t, err)
	require.NotContains(t, found.GetAnnotations(), "gitops-eks/teardown")

	held.SetFinalizers(nil)
	require.NoError(t, a.Client.Update(ctx, held))
	require.NoError(t, a.Until(ctx, objectNamed("v1 Namespace team-a"), func(o *unstructured.Unstructured) bool { return o == nil }))
	require.NoError(t, r.Delete(ctx), "the namespace other is no tenant's")
	for _, name := range []string{facts, policy, binding, source, tenants, platform} {
		_, err := a.Get(ctx, objectNamed(name))
		require.True(t, apierrors.IsNotFound(err), "%s: %v", name, err)
	}
	require.Empty(t, r.deployed)
}
