package loopback

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAServerComesBackToItsAddress(t *testing.T) {
	s, err := Serve(http.NotFoundHandler(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Down()) })
	require.NoError(t, s.Down())
	_, err = http.Get(s.URL())
	require.Error(t, err)

	// As by a program that is being started.
	held, err := net.Listen("tcp", s.Address)
	require.NoError(t, err)
	time.AfterFunc(200*time.Millisecond, func() { _ = held.Close() })
	require.NoError(t, s.Up())
	response, err := http.Get(s.URL())
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusNotFound, response.StatusCode)
}
