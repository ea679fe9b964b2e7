package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/cluster"
)

// escapes are what a tenant must not be able to make.
var escapes = map[string]cluster.Object{
	"in another namespace": {APIVersion: "v1", Kind: "ConfigMap", Namespace: "default", Name: "escaped"},
	"in Flux's namespace":  {APIVersion: "v1", Kind: "ConfigMap", Namespace: "flux-system", Name: "escaped"},
	"cluster-wide":         {APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRole", Name: "escaped"},
}

// testTenancy: what a tenant's account applies stays in the tenant's namespace.
func testTenancy(t *testing.T, b *bench.Bench) {
	for name, object := range escapes {
		t.Run(name, func(t *testing.T) {
			ctx := deadline(t, time.Minute)
			c := clone(t, ctx, b)
			manifest := "apiVersion: " + object.APIVersion + "\nkind: " + object.Kind + "\nmetadata: {name: escaped"
			if object.Namespace != "" {
				manifest += ", namespace: " + object.Namespace
			}
			require.NoError(t, c.Write("apps/dev/escape/escape.yaml", manifest+"}\n"))
			require.NoError(t, c.Write("apps/dev/escape/kustomization.yaml", "resources: [escape.yaml]\n"))
			require.NoError(t, c.Write("clusters/dev/escape.yaml", escapeSync))
			require.NoError(t, c.Edit("clusters/dev/kustomization.yaml", func(text string) string {
				return strings.Replace(text, "  - hello.yaml", "  - hello.yaml\n  - escape.yaml", 1)
			}))
			commit := push(t, ctx, c, "Escape "+name)
			says, err := b.WaitSays(ctx, bench.Kustomization("escape"), func(text string) bool { return strings.Contains(text, "forbidden") })
			require.NoError(t, err)
			t.Log(says)
			_, err = b.Cluster.Get(ctx, object)
			require.True(t, apierrors.IsNotFound(err), "%s exists", object)

			fixed := revert(t, ctx, c, commit)
			require.NoError(t, b.WaitApplied(ctx, "platform", fixed))
		})
	}
}

// escapeSync acts as the tenant hello, as the tenant's own sync does.
const escapeSync = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: escape, namespace: flux-system}
spec:
  interval: 1m
  timeout: 1m
  serviceAccountName: hello
  sourceRef: {kind: GitRepository, name: flux-system}
  path: ./apps/dev/escape
  prune: true
`
