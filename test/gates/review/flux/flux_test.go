package flux

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"gitops-eks/test/gates/review/change"
	"gitops-eks/test/manifests"
)

// applies is what a Kustomization renders, from YAML documents.
func applies(t *testing.T, name string, documents ...string) manifests.Rendered {
	t.Helper()
	r := manifests.Rendered{Name: name, Namespace: "flux-system", Prune: true}
	for _, document := range documents {
		object := &unstructured.Unstructured{}
		require.NoError(t, yaml.Unmarshal([]byte(document), &object.Object))
		r.Objects = append(r.Objects, object)
	}
	return r
}

func object(kind, name, rest string) string {
	return "apiVersion: v1\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n  namespace: hello\n" + rest
}

// sync is the Kustomization hello.
func sync(rest string) string {
	return "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: hello\n  namespace: flux-system\nspec:\n  prune: true\n" + rest
}

func compare(t *testing.T, base, head []manifests.Rendered) change.Result {
	t.Helper()
	r, err := Compare("dev", base, head)
	require.NoError(t, err)
	return r
}

func TestARemovedKustomizationTakesItsObjects(t *testing.T) {
	base := []manifests.Rendered{
		applies(t, "platform", sync("")),
		applies(t, "hello", object("Deployment", "a", ""), object("Service", "a", ""), object("Service", "b", ""), object("PersistentVolumeClaim", "data", "")),
	}
	r := compare(t, base, []manifests.Rendered{applies(t, "platform")})
	require.Len(t, r.Risks, 2, "the Kustomization, and the claim by itself")
	require.Equal(t, "dev/Kustomization flux-system/hello", r.Risks[0].Name)
	require.Equal(t, "the Kustomization is removed, and prune will delete its 4 objects (1 Deployment, 1 PersistentVolumeClaim, 2 Service)", r.Risks[0].What)
	require.Equal(t, "Allow-Deletion: dev/Kustomization flux-system/hello", r.Risks[0].Line())
	require.Contains(t, r.Risks[1].What, "Lost: the volume's data")

	orphaned := []manifests.Rendered{applies(t, "platform", sync("  deletionPolicy: Orphan\n")), base[1]}
	r = compare(t, orphaned, []manifests.Rendered{applies(t, "platform")})
	require.Len(t, r.Risks, 1)
	require.Contains(t, r.Risks[0].What, "stay in the cluster, and nothing manages them")
}

func TestARemovedObjectIsCalledOut(t *testing.T) {
	for _, c := range []struct {
		name, document, what string
		fails                bool
	}{
		{"an ordinary one", object("Service", "a", ""), "prune will delete it", false},
		{"a namespace", object("Namespace", "a", ""), "Lost: everything in the namespace", true},
		{"a definition", object("CustomResourceDefinition", "a", ""), "Lost: every object of its kind", true},
		{"one that is not pruned", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  annotations: {kustomize.toolkit.fluxcd.io/prune: disabled}\n", "it stays in the cluster", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := compare(t, []manifests.Rendered{applies(t, "hello", c.document)}, []manifests.Rendered{applies(t, "hello")})
			require.Len(t, r.Risks, 1)
			require.Contains(t, r.Risks[0].What, c.what)
			require.Equal(t, c.fails, r.Failed())
		})
	}
}

func TestARenamedObjectIsRecognized(t *testing.T) {
	r := compare(t,
		[]manifests.Rendered{applies(t, "hello", object("StatefulSet", "a", "spec: {replicas: 1}"))},
		[]manifests.Rendered{applies(t, "hello", object("StatefulSet", "b", "spec: {replicas: 1}"))})
	require.Contains(t, r.Risks[0].More[0], "created anew as StatefulSet hello/b")
	require.True(t, r.Failed())
}

func TestAGeneratedNameIsNoRename(t *testing.T) {
	r := compare(t,
		[]manifests.Rendered{applies(t, "hello", object("ConfigMap", "hello-bcdfghkmt2", "data: {A: x}"))},
		[]manifests.Rendered{applies(t, "hello", object("ConfigMap", "hello-2425467892", "data: {A: z}"))})
	require.Empty(t, r.Risks)
	require.Equal(t, "data.A: x → z", r.Changes[0].Short)
}

func TestAMoveIsNoRemoval(t *testing.T) {
	r := compare(t,
		[]manifests.Rendered{applies(t, "a", object("Service", "x", "")), applies(t, "b")},
		[]manifests.Rendered{applies(t, "a"), applies(t, "b", object("Service", "x", ""))})
	require.Empty(t, r.Risks)
	require.Equal(t, "moves from the Kustomization a to b", r.Changes[0].Short)
}

func TestWiderAccessIsCalledOut(t *testing.T) {
	role := func(verbs string) string {
		return object("Role", "r", "rules:\n- apiGroups: ['']\n  resources: [pods]\n  verbs: ["+verbs+"]\n")
	}
	for _, c := range []struct{ name, old, head, what string }{
		{"a verb more", role("get"), role("get, delete"), "may get, delete pods"},
		{"a subject more", object("RoleBinding", "b", "roleRef: {name: r}\n"), object("RoleBinding", "b", "roleRef: {name: r}\nsubjects: [{kind: User, name: eve}]\n"), "gives the role r to the User eve"},
		{"an administrator", "", object("ClusterRoleBinding", "b", "roleRef: {name: cluster-admin}\n"), "gives the role cluster-admin"},
		{"an ingress", "", object("Ingress", "i", ""), "reachable from outside"},
		{"another policy", object("NetworkPolicy", "n", "spec: {ingress: []}"), object("NetworkPolicy", "n", "spec: {ingress: [{}]}"), "what it refuses has changed"},
		{"no policy", object("NetworkPolicy", "n", ""), "", "traffic that it refused is let through"},
		{"a weaker namespace", object("Namespace", "n", "  labels: {pod-security.kubernetes.io/enforce: restricted}\n"), object("Namespace", "n", ""), `its Pod Security level is "", was "restricted"`},
		{"another account", sync("  serviceAccountName: hello\n"), sync(""), `acts as the account "", was "hello"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			side := func(document string) []manifests.Rendered {
				if document == "" {
					return []manifests.Rendered{applies(t, "hello")}
				}
				return []manifests.Rendered{applies(t, "hello", document)}
			}
			r := compare(t, side(c.old), side(c.head))
			require.NotEmpty(t, r.Risks)
			require.Equal(t, change.Access, r.Risks[0].Class)
			require.Contains(t, r.Risks[0].What, c.what)
			require.True(t, r.Failed())
		})
	}
	r := compare(t, []manifests.Rendered{applies(t, "hello", role("get, delete"))}, []manifests.Rendered{applies(t, "hello", role("get"))})
	require.Empty(t, r.Risks, "less is no risk")
	require.False(t, strings.Contains(r.Changes[0].Short, "\n"))
}
