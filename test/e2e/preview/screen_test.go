package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

var sequence = regexp.MustCompile("\x1b\\[[?0-9;]*[A-Za-z]")

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// example has as many lines as the platform, and longer ones.
func example() (states []state, all []event) {
	states = append(states, state{"Source", "flux-system", healthy, "main@0123456"})
	for _, name := range []string{"hello", "image-automation", "notifications", "platform", "policies", "tenants"} {
		states = append(states, state{"Kustomizations", name, failing, strings.Repeat("kustomize build failed: ", 20)})
	}
	for _, heading := range []string{"Images", "Newest image", "Image commits", "Deployment"} {
		states = append(states, state{heading, "hello", progressing, "1 in 127.0.0.1:5000/platform/hello"})
	}
	for i := range 30 {
		all = append(all, event{when: noon, object: "Kustomization/hello", says: fmt.Sprint("event ", i, strings.Repeat(" and more", 20)), warning: i%2 == 0})
	}
	return states, all
}

func TestTheStatusFitsTheTerminal(t *testing.T) {
	states, all := example()
	for _, size := range []struct{ columns, rows int }{{80, 24}, {100, 24}, {100, 40}, {200, 60}, {40, 10}, {1, 1}} {
		s := &screen{title: "preview of the environment dev"}
		lines := s.lines(states, all, noon, size.columns, size.rows)
		require.LessOrEqual(t, len(lines), max(size.rows-1, 1), size)
		if size.columns < 40 {
			continue
		}
		for _, line := range lines {
			require.LessOrEqual(t, utf8.RuneCountInString(sequence.ReplaceAllString(line, "")), size.columns, line)
		}
		if size.rows >= 24 {
			require.Contains(t, lines[len(lines)-1], "event 29", "the newest is the last")
		}
	}
}

func TestTheStatusIsDrawnOverItself(t *testing.T) {
	states, all := example()
	var out bytes.Buffer
	s := &screen{out: &out, size: func() (int, int) { return 80, 24 }}
	require.NoError(t, s.show(states, all[:3], noon))
	require.NotContains(t, out.String(), "A\r", "what is above was not its own")
	drawn := strings.Count(out.String(), "\n")
	out.Reset()
	require.NoError(t, s.show(states, nil, noon))
	require.True(t, strings.HasPrefix(out.String(), hideCursor+fmt.Sprintf("\x1b[%dA\r", drawn)), "%q", out.String()[:20])
	require.Contains(t, out.String(), clearBelow, "fewer lines than before")
	for line := range strings.Lines(out.String()) {
		require.Less(t, utf8.RuneCountInString(strings.TrimSpace(sequence.ReplaceAllString(line, ""))), 80, "the last column stays free")
	}
	require.Equal(t, drawn-3, strings.Count(out.String(), "\n"))
}
