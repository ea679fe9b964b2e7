package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/figures"
)

// TestFigures measures what the README shows. It is not a part of the loop: by
// polling alone it waits for minutes. make e2e-report runs it, with the settings
// of make preview.
func TestFigures(t *testing.T) {
	begun := time.Now()
	b := start(t, bench.Options{Frugal: true})
	require.NoError(t, b.Deploy(deadline(t, bringUpLimit)))
	report.Time(figures.BringUp, time.Since(begun))
	for _, part := range []part{
		{"Deployed", testDeployed}, // and the first image's tag committed, which is a push, too
		{"Event", measureEvent},
		{"Image", measureImage},
		{"Followers", measureFollowers},
		{"Scale", measureScale},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, b) })
	}
}
