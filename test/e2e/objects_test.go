package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/bench"
)

// exists is for Until: the object is there.
func exists(found *unstructured.Unstructured) bool { return found != nil }

// field is a text in an object.
func field(t *testing.T, object *unstructured.Unstructured, fields ...string) string {
	t.Helper()
	value, found, err := unstructured.NestedString(object.Object, fields...)
	require.NoError(t, err)
	require.True(t, found, "%s %s has no field %v", object.GetKind(), object.GetName(), fields)
	return value
}

// names lists the objects of a kind, "<apiVersion> <kind>", that match. A kind
// that is no longer served has none.
func names(t *testing.T, ctx context.Context, b *bench.Bench, kind string, match func(*unstructured.Unstructured) bool) (found []string) {
	t.Helper()
	version, kind, _ := strings.Cut(kind, " ")
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(version)
	list.SetKind(kind + "List")
	if err := b.Cluster.Client.List(ctx, list); err != nil {
		require.True(t, meta.IsNoMatchError(err) || apierrors.IsNotFound(err), "%v", err)
		return nil
	}
	for i := range list.Items {
		if match(&list.Items[i]) {
			found = append(found, list.Items[i].GetNamespace()+"/"+list.Items[i].GetName())
		}
	}
	return found
}
