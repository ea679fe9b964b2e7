package registry

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestImagesOutliveAnOutage(t *testing.T) {
	s, err := Start()
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Down() })
	pushed, err := s.PushRandom("platform/hello", "1")
	require.NoError(t, err)

	require.NoError(t, s.Down())
	_, err = s.Digest("platform/hello", "1")
	require.ErrorContains(t, err, "connection refused")
	require.NoError(t, s.Up())
	digest, err := s.Digest("platform/hello", "1")
	require.NoError(t, err)
	require.Equal(t, pushed, digest)
}

func TestRandomImagesDiffer(t *testing.T) {
	s, err := Start()
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Down() })
	one, err := s.PushRandom("hello", "1")
	require.NoError(t, err)
	two, err := s.PushRandom("hello", "2")
	require.NoError(t, err)
	require.NotEqual(t, one, two)
}
