package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// field is a text in an object.
func field(t *testing.T, object *unstructured.Unstructured, fields ...string) string {
	t.Helper()
	value, found, err := unstructured.NestedString(object.Object, fields...)
	require.NoError(t, err)
	require.True(t, found, "%s %s has no field %v", object.GetKind(), object.GetName(), fields)
	return value
}

// image is the image of the first container of a workload.
func image(t *testing.T, workload *unstructured.Unstructured) string {
	t.Helper()
	containers, _, err := unstructured.NestedSlice(workload.Object, "spec", "template", "spec", "containers")
	require.NoError(t, err)
	require.NotEmpty(t, containers)
	return field(t, &unstructured.Unstructured{Object: containers[0].(map[string]any)}, "image")
}
