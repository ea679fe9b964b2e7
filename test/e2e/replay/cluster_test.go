package replay

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gitops-eks/test/e2e/binaries"
	"gitops-eks/test/e2e/cluster"
)

// actors plays Flux in a real cluster: its API, and controllers that are ready
// at whatever revision they are asked for.
type actors struct{ *cluster.Cluster }

func (a actors) Install(ctx context.Context, c Chart) error {
	if c.Name == "flux-operator" {
		return a.Apply(ctx, actorsAPI()...)
	}
	instance, err := c.FluxInstance()
	if err != nil {
		return err
	}
	object := &unstructured.Unstructured{Object: instance}
	if err := a.Apply(ctx, object); err != nil {
		return err
	}
	return a.ready(ctx, cluster.Object{APIVersion: object.GetAPIVersion(), Kind: object.GetKind(), Namespace: object.GetNamespace(), Name: object.GetName()})
}

func (a actors) Uninstall(context.Context, Chart) error { return nil }

// after makes the roots ready as soon as they are applied.
func (a actors) after(ctx context.Context, step Step) error {
	name := strings.ToLower(filepath.Base(step.Path))
	if step.Type != typeManifest || step.Request == Delete || name != "tenants" && name != "platform" {
		return nil
	}
	return a.ready(ctx, cluster.Object{APIVersion: "kustomize.toolkit.fluxcd.io/v1", Kind: "Kustomization", Namespace: "flux-system", Name: name})
}

func (a actors) ready(ctx context.Context, o cluster.Object) error {
	object, err := a.Get(ctx, o)
	if err != nil {
		return err
	}
	status, err := json.Marshal(map[string]any{"status": map[string]any{
		"lastHandledReconcileAt": object.GetAnnotations()["reconcile.fluxcd.io/requestedAt"],
		"conditions": []any{
			map[string]any{"type": "Reconciling", "status": "False", "reason": "Done"},
			map[string]any{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": "it's \"played\""},
		},
	}})
	if err != nil {
		return err
	}
	return a.Client.Status().Patch(ctx, object, client.RawPatch("application/merge-patch+json", status))
}

func actorsAPI() []*unstructured.Unstructured {
	objects := []*unstructured.Unstructured{{Object: object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": "flux-system"}}}}
	for kind, group := range map[string]string{"FluxInstance": "fluxcd.controlplane.io", "Kustomization": "kustomize.toolkit.fluxcd.io", "GitRepository": "source.toolkit.fluxcd.io"} {
		plural := strings.Replace(strings.ToLower(kind)+"s", "ys", "ies", 1)
		objects = append(objects, &unstructured.Unstructured{Object: object{
			"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
			"metadata": object{"name": plural + "." + group},
			"spec": object{
				"group": group, "scope": "Namespaced", "names": object{"kind": kind, "plural": plural, "singular": strings.ToLower(kind), "listKind": kind + "List"},
				"versions": []any{object{
					"name": "v1", "served": true, "storage": true, "subresources": object{"status": object{}},
					"schema": object{"openAPIV3Schema": object{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
				}},
			},
		}})
	}
	return objects
}

func startCluster(ctx context.Context, t *testing.T) actors {
	t.Helper()
	options := binaries.Options{Source: ".."}
	missing, err := binaries.Missing(ctx, options)
	require.NoError(t, err)
	if len(missing) > 0 {
		t.Skipf("the bench's programs are not built, `make e2e` does that: %v", missing)
	}
	set, err := binaries.Build(ctx, options)
	require.NoError(t, err)
	c, err := cluster.Start(ctx, cluster.Options{Binaries: set, Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Stop()) })
	return actors{c}
}

const (
	facts    = "v1 ConfigMap flux-system/cluster-facts"
	policy   = "admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy teardown-guard"
	binding  = "admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding teardown-guard"
	source   = "source.toolkit.fluxcd.io/v1 GitRepository flux-system/flux-system"
	tenants  = "kustomize.toolkit.fluxcd.io/v1 Kustomization flux-system/tenants"
	platform = "kustomize.toolkit.fluxcd.io/v1 Kustomization flux-system/platform"
)

// objectNamed parses one of these.
func objectNamed(text string) cluster.Object {
	parts := strings.Fields(text)
	o := cluster.Object{APIVersion: parts[0], Kind: parts[1], Name: parts[2]}
	if namespace, name, ok := strings.Cut(parts[2], "/"); ok {
		o.Namespace, o.Name = namespace, name
	}
	return o
}

// TestRealKubectlAndAPIServer runs the project's resources through AWS's
// handler, with the layer's kubectl, against a real API server and its
// namespace controller. Only Flux is played.
func TestRealKubectlAndAPIServer(t *testing.T) {
	t.Parallel()
	ctx := deadline(t, 4*time.Minute)
	a := startCluster(ctx, t)
	var reached []string
	r, err := New(ctx, Options{
		Assembly: read(t, original(t)), Environment: environment, Kubeconfig: a.Kubeconfig, Dir: t.TempDir(),
		Charts: a, After: a.after, Progress: t.Output(), TimeScale: 0.1,
		// What is applied already must not hinder a second call.
		Disturb: func(Step) *Disturbance { return &Disturbance{LoseAnswer: true} },
	})
	require.NoError(t, err)
	r.reachable = outOfReach(&reached)

	require.NoError(t, r.Deploy(ctx), "create, and create again after a lost answer")
	for _, name := range []string{facts, policy, binding, source, tenants, platform} {
		_, err := a.Get(ctx, objectNamed(name))
		require.NoError(t, err, name)
	}
	for _, name := range []string{"Flux/Ready", "Sync/TenantsReady", "Sync/PlatformReady"} {
		value := r.deployed["dev-gitops/"+logicalID(t, r, "dev-gitops/"+name)].data["Value"]
		require.Contains(t, value, "kubectl -n flux-system describe ", "the wait ends with the text of its JSONPath")
	}

	t.Run("update", func(t *testing.T) { testRealUpdate(ctx, t, a, r) })
	t.Run("not ready", func(t *testing.T) { testRealNotReady(ctx, t, r) })
	t.Run("teardown", func(t *testing.T) { testRealTeardown(ctx, t, a, r) })
}
