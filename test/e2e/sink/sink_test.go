package sink

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWaitForAnAlert(t *testing.T) {
	s, err := Start()
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Down() })
	go func() {
		_, _ = http.Post(s.URL(), "application/json", strings.NewReader(`{"involvedObject":{"kind":"Kustomization","name":"hello"},"severity":"error","message":"it broke"}`))
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	event, err := s.Wait(ctx, func(e Event) bool { return e.InvolvedObject.Name == "hello" })
	require.NoError(t, err)
	require.Equal(t, "it broke", event.Message)
	require.Len(t, s.Events(), 1)

	s.Reset()
	late, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = s.Wait(late, func(Event) bool { return true })
	require.ErrorContains(t, err, "no such alert among 0")
}
