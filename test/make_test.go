package test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A test that reads a file outside of its module passes as "(cached)" when only
// that file has changed, and so does one whose programs read files.
func TestMakeTakesNoResultFromTheCache(t *testing.T) {
	text, err := os.ReadFile("Makefile")
	require.NoError(t, err)
	makefile := string(text)
	require.Regexp(t, `(?m)^TEST := go test -count=1$`, makefile)
	require.Equal(t, 1, strings.Count(makefile, "go test "), "run tests by $(TEST)")
}

// makeProject is a folder with the Makefile, and with stand-ins for npx and go,
// which write down what they were called with. What go builds runs $CHECK, a
// variable that the Makefile does not know.
type makeProject struct {
	dir   string
	stdin *os.File
	env   []string
}

func newMakeProject(t *testing.T) *makeProject {
	t.Helper()
	p := &makeProject{dir: t.TempDir()}
	for _, name := range []string{"Makefile", "package.json", "package-lock.json"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(p.dir, name), text, 0o644))
	}
	for _, folder := range []string{"node_modules/.cache", "test/preflight", "bin"} {
		require.NoError(t, os.MkdirAll(filepath.Join(p.dir, folder), 0o755))
	}
	// Files that a pattern of stacks fits, if the shell gets to see it.
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, "dev-notes"), nil, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, "app-notes"), nil, 0o644))
	p.write(t, "npx", `for argument; do printf '[%s]' "$argument"; done; echo`)
	p.write(t, "go", `while [ $# -gt 0 ] && [ "$1" != -o ]; do shift; done; printf '#!/bin/bash\n%s\n' "$CHECK" >"$2"; chmod +x "$2"`)
	return p
}

func (p *makeProject) write(t *testing.T, command, body string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, "bin", command), []byte("#!/bin/bash\n"+body+"\n"), 0o755))
}

// run makes a target, and gives what was called and said.
func (p *makeProject) run(t *testing.T, arguments ...string) (calls, says string, err error) {
	t.Helper()
	cmd := exec.Command("make", append([]string{"--silent", "--no-print-directory"}, arguments...)...)
	cmd.Dir = p.dir
	cmd.Env = append(append(os.Environ(), "PATH="+filepath.Join(p.dir, "bin")+":"+os.Getenv("PATH"), "MAKEFLAGS=", "ENV=", "STACKS=--all"), p.env...)
	if p.stdin != nil {
		cmd.Stdin = p.stdin
	}
	var out, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errors
	err = cmd.Run()
	return out.String(), errors.String(), err
}

// A bare npx cdk takes whatever version is the newest: the pinned one bootstraps
// what is missing, a place a call.
func TestBootstrapByThePinnedCommandLine(t *testing.T) {
	p := newMakeProject(t)
	p.env = []string{`CHECK=[ "$*" = "-env dev -bootstrap" ] && printf 'aws://1/a\naws://1/b --trust 2\n'`}
	calls, says, err := p.run(t, "bootstrap", "ENV=dev")
	require.NoError(t, err, says)
	require.Equal(t, "[--no-install][cdk][bootstrap][aws://1/a]\n[--no-install][cdk][bootstrap][aws://1/b][--trust][2]\n", calls)

	p.env = []string{"CHECK=exit 0"}
	calls, says, err = p.run(t, "bootstrap")
	require.NoError(t, err, says)
	require.Empty(t, calls)

	p.env = []string{"CHECK=echo no credentials >&2; exit 1"}
	calls, says, err = p.run(t, "bootstrap")
	require.Error(t, err)
	require.Empty(t, calls)
	require.Contains(t, says, "no credentials\n")

	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	require.False(t, strings.Contains(string(readme), "npx cdk bootstrap"), "README.md bootstraps by another command line")
}

// What would stop the CDK's command line is said before it is called, and a
// pattern of stacks reaches it as it was written.
func TestMakeLooksBeforeItCallsTheCDK(t *testing.T) {
	p := newMakeProject(t)
	for _, target := range []string{"deploy", "diff", "drift"} {
		p.env = []string{"CHECK=echo no credentials >&2; exit 1"}
		calls, says, err := p.run(t, target, "STACKS=dev-* app-*")
		require.Error(t, err, target)
		require.Empty(t, calls, target)
		require.Contains(t, says, "no credentials\n", target)
	}
	p.env = []string{`CHECK=[ "$*" = "-env dev dev-* app-*" ]`}
	calls, says, err := p.run(t, "deploy", "STACKS=dev-* app-*", "ENV=dev")
	require.NoError(t, err, says)
	require.Equal(t, "[--no-install][cdk][deploy][dev-*][app-*][-c][env=dev][--import-existing-resources]\n", calls)
	p.env = []string{`CHECK=[ -z "$*" ]`}
	calls, says, err = p.run(t, "deploy")
	require.NoError(t, err, says)
	require.Equal(t, "[--no-install][cdk][deploy][--all][--import-existing-resources]\n", calls)
}

func TestDestroyAsks(t *testing.T) {
	p := newMakeProject(t)
	p.env = []string{"CHECK=exit 0"}
	_, says, err := p.run(t, "destroy")
	require.Error(t, err)
	require.Contains(t, says, "say which environment or stacks: make destroy ENV=dev")
	calls, says, err := p.run(t, "destroy", "ENV=dev")
	require.Error(t, err)
	require.Empty(t, calls)
	require.Contains(t, says, "needs a terminal; without one: npx --no-install cdk destroy --force dev-*\n")

	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("there is no terminal to be had here")
	}
	defer terminal.Close()
	p.stdin = terminal
	calls, says, err = p.run(t, "destroy", "STACKS=app-* delivery")
	require.NoError(t, err, says)
	require.Equal(t, "[--no-install][cdk][destroy][app-*][delivery]\n", calls)
}
