package workflows

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/gatetest"
)

const sound = `name: check
on: pull_request
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
      - run: make test
`

func lint(t *testing.T, text string) string {
	t.Helper()
	said := lintIn(t, folders[0], text)
	require.Equal(t, said, lintIn(t, folders[1], text), "the same for the config repository's")
	return said
}

func lintIn(t *testing.T, folder, text string) string {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, folder), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, folder, "check.yml"), []byte(text), 0o600))
	found, err := check(root)
	require.NoError(t, err)
	var lines []string
	for _, f := range found {
		require.True(t, strings.HasPrefix(f.Path, folder+"/check.yml:"), f.Path)
		require.NotEmpty(t, f.Fix)
		lines = append(lines, f.Rule+": "+f.Problem)
	}
	return strings.Join(lines, "\n")
}

func TestNoFalseAlarm(t *testing.T) {
	require.Empty(t, lint(t, sound))
	found, err := check(t.TempDir())
	require.NoError(t, err)
	require.Empty(t, found, "no workflows, no findings")
	found, err = check(gatetest.Root())
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestFaults(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"not YAML", "jobs:", "jobs", "syntax-check: "},
		{"unknown key", "runs-on:", "run-on:", "run-on"},
		{"expression", "make test", "echo ${{ github.nobody }}", "nobody"},
		{"injection", "make test", "echo ${{ github.event.pull_request.title }}", "untrusted"},
		{"tag", "@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0", "@v5", "pin: the action actions/checkout@v5"},
		{"no permissions", "permissions:\n  contents: read\n", "", "permissions: the job check has every right"},
		{"all permissions", "permissions:\n  contents: read\n", "permissions: write-all\n", "permissions: permissions: write-all"},
		{"no timeout", "    timeout-minutes: 30\n", "", "timeout: the job check"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Contains(t, sound, c.old)
			require.Contains(t, lint(t, strings.Replace(sound, c.old, c.new, 1)), c.want)
		})
	}
	risky := strings.Replace(sound, "on: pull_request", "on: pull_request_target", 1)
	risky = strings.Replace(risky, "# v5.0.0\n", "# v5.0.0\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n", 1)
	require.Contains(t, lint(t, risky), "foreign-code: ")
}
