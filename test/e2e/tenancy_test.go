package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
)

// escapes are what a tenant must not be able to make, by the names of the
// Kustomizations that try.
var escapes = map[string]cluster.Object{
	"to-another-namespace": {APIVersion: "v1", Kind: "ConfigMap", Namespace: "default", Name: "escaped"},
	"to-flux":              {APIVersion: "v1", Kind: "ConfigMap", Namespace: "flux-system", Name: "escaped"},
	"cluster-wide":         {APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRole", Name: "escaped"},
}

// testTenancy: what a tenant's account applies stays in the tenant's namespace.
func testTenancy(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, 2*time.Minute)
	c := clone(t, ctx, b)
	var listed strings.Builder
	for name, object := range escapes {
		namespace := ""
		if object.Namespace != "" {
			namespace = ", namespace: " + object.Namespace
		}
		manifest := fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: %s%s}\n", object.APIVersion, object.Kind, object.Name, namespace)
		require.NoError(t, c.Write("apps/dev/"+name+"/escape.yaml", manifest))
		require.NoError(t, c.Write("apps/dev/"+name+"/kustomization.yaml", "resources: [escape.yaml]\n"))
		require.NoError(t, c.Write("clusters/dev/"+name+".yaml", fmt.Sprintf(escapeSync, name, name)))
		listed.WriteString("  - " + name + ".yaml\n")
	}
	require.NoError(t, c.Edit("clusters/dev/kustomization.yaml", func(text string) string { return text + listed.String() }))
	commit := push(t, ctx, c, "Escape")
	for name, object := range escapes {
		says, err := b.WaitSays(ctx, bench.Kustomization(name), func(text string) bool { return strings.Contains(text, "forbidden") })
		require.NoError(t, err, name)
		t.Log(says)
		_, err = b.Cluster.Get(ctx, object)
		require.True(t, apierrors.IsNotFound(err), "%s exists", object)
	}
	fixed := revert(t, ctx, c, commit)
	require.NoError(t, b.WaitApplied(ctx, "platform", fixed))
}

// escapeSync acts as the tenant hello, as the tenant's own sync does.
const escapeSync = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: %s, namespace: flux-system}
spec:
  interval: 1m
  timeout: 1m
  serviceAccountName: hello
  sourceRef: {kind: GitRepository, name: flux-system}
  path: ./apps/dev/%s
  prune: true
`
