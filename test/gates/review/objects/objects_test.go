package objects

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDiffWordsOneValueInALine(t *testing.T) {
	short, lines, err := Diff(map[string]any{"spec": map[string]any{"replicas": 2}}, map[string]any{"spec": map[string]any{"replicas": 3}})
	require.NoError(t, err)
	require.Equal(t, "spec.replicas: 2 → 3", short)
	require.Equal(t, []string{"- spec.replicas: 2", "+ spec.replicas: 3"}, lines)
}

func TestDiffNamesTheContainer(t *testing.T) {
	pod := func(image string) any {
		return map[string]any{"containers": []any{map[string]any{"name": "proxy", "image": "p:1"}, map[string]any{"name": "web", "image": image}}}
	}
	short, _, err := Diff(pod("w:1"), pod("w:2"))
	require.NoError(t, err)
	require.Equal(t, "containers.web.image: w:1 → w:2", short)
}

func TestDiffShowsSeveralAsLinesOnly(t *testing.T) {
	short, lines, err := Diff(map[string]any{"a": 1, "b": 1}, map[string]any{"a": 2, "c": map[string]any{"d": "x"}})
	require.NoError(t, err)
	require.Empty(t, short)
	require.Contains(t, lines, "- b: 1")
	require.Contains(t, lines, "+ a: 2")
	require.Contains(t, lines, "+     d: x")
}

func TestDiffOfTheSameIsEmpty(t *testing.T) {
	short, lines, err := Diff(map[string]any{"a": []any{1, "x", nil}}, map[string]any{"a": []any{1, "x", nil}})
	require.NoError(t, err)
	require.Empty(t, short)
	require.Empty(t, lines)
}
