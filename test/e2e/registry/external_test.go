package registry

import (
	"net/http"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/loopback"
)

func TestReachSaysWhatIsWrongWithARegistry(t *testing.T) {
	s, err := Start()
	require.NoError(t, err)
	require.NoError(t, Reach(t.Context(), s.Address))
	require.NoError(t, s.Down())
	require.ErrorContains(t, Reach(t.Context(), s.Address), "registry "+s.Address+" cannot be reached from this machine: ")
	require.ErrorContains(t, Reach(t.Context(), "http://localhost:5001"), "want host:port, such as localhost:5001")

	private, err := loopback.Serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
		w.WriteHeader(http.StatusUnauthorized)
	}), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = private.Down() })
	require.ErrorContains(t, Reach(t.Context(), private.Address), "asks for a log-in (basic), want one that takes and gives images without")
}

func TestAnIndexIsFoundUnderItsTag(t *testing.T) {
	s, err := Start()
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Down() })
	index, err := random.Index(256, 1, 2)
	require.NoError(t, err)
	require.NoError(t, PushIndex(t.Context(), s.Address, "platform/hello", "1", index))
	digest, err := s.Digest("platform/hello", "1")
	require.NoError(t, err)
	want, err := index.Digest()
	require.NoError(t, err)
	require.Equal(t, want.String(), digest)
}
