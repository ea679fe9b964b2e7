package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The README's table of settings is the one that the rules give.
func TestReadmeTable(t *testing.T) {
	const begin, end = "<!-- settings -->\n", "<!-- /settings -->"
	file := filepath.Join("..", "..", "README.md")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), begin)
	require.True(t, found, "README.md has no line %s", begin)
	_, after, found := strings.Cut(rest, end)
	require.True(t, found, "README.md has no line %s", end)
	table, err := SettingsTable()
	require.NoError(t, err)
	want := before + begin + table + end + after
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
		return
	}
	require.True(t, want == string(text), "the settings in README.md are stale: run go generate ./stacks/config")
}
