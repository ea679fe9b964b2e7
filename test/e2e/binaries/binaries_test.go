package binaries

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tiny replaces the real programs by two that build in a second.
func tiny(t *testing.T) Options {
	t.Helper()
	realPrograms, realDatas := programs, datas
	t.Cleanup(func() { programs, datas = realPrograms, realDatas })
	programs = []program{
		{name: "one", module: "tools", pkg: "./one", set: []string{"main.version=7"}},
		{name: "two", module: "tools", pkg: "./two"},
	}
	datas = nil
	source := t.TempDir()
	write(t, source, "tools/go.mod", "module tools\n\ngo 1.26\n")
	write(t, source, "tools/go.sum", "")
	write(t, source, "tools/one/main.go", "package main\n\nvar version string\n\nfunc main() { print(version) }\n")
	write(t, source, "tools/two/main.go", "package main\n\nfunc main() {}\n")
	return Options{Source: source, Cache: t.TempDir()}
}

func write(t *testing.T, dir, file, text string) {
	t.Helper()
	path := filepath.Join(dir, file)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func TestBuildsOnceAndSaysHowFarItIs(t *testing.T) {
	o := tiny(t)
	var told strings.Builder
	o.Progress = &told
	set, err := Build(t.Context(), o)
	require.NoError(t, err)
	output, err := exec.Command(set.Path("one")).CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, "7", string(output))
	require.Contains(t, told.String(), "building one, 1 more after it, 0s elapsed\n")

	told.Reset()
	again, err := Build(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, set, again)
	require.Empty(t, told.String())
}

func TestResumesAfterAnInterruption(t *testing.T) {
	o := tiny(t)
	write(t, o.Source, "tools/two/main.go", "package main\n\nfunc main() { broken }\n")
	_, err := Build(t.Context(), o)
	require.ErrorContains(t, err, "build two: go build")
	require.ErrorContains(t, err, "undefined: broken")
	missing, err := Missing(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, []string{"two"}, missing)

	write(t, o.Source, "tools/two/main.go", "package main\n\nfunc main() {}\n")
	set, err := o.locate(t.Context())
	require.NoError(t, err)
	killed := filepath.Join(filepath.Dir(set.Path("one")), unfinished+"two-1")
	require.NoError(t, os.Mkdir(killed, 0o700))
	_, err = Build(t.Context(), o)
	require.NoError(t, err)
	require.NoDirExists(t, killed)
}

func TestClearsWhatNobodyUsesAnyMore(t *testing.T) {
	o := tiny(t)
	old, recent := filepath.Join(o.Cache, "tools-0"), filepath.Join(o.Cache, "tools-1")
	require.NoError(t, os.Mkdir(old, 0o700))
	require.NoError(t, os.Mkdir(recent, 0o700))
	longAgo := time.Now().Add(-2 * keep)
	require.NoError(t, os.Chtimes(old, longAgo, longAgo))
	_, err := Build(t.Context(), o)
	require.NoError(t, err)
	require.NoDirExists(t, old)
	require.DirExists(t, recent)
}

func TestACancelledBuildEndsAtOnce(t *testing.T) {
	o := tiny(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Build(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
}

func TestTheKeyCoversWhatIsBuilt(t *testing.T) {
	o := tiny(t)
	folder := filepath.Join(o.Source, "tools")
	before, err := key(t.Context(), folder, "tools")
	require.NoError(t, err)

	write(t, folder, "go.sum", "example.test/x v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	sums, err := key(t.Context(), folder, "tools")
	require.NoError(t, err)
	require.NotEqual(t, before, sums)

	programs[0].set = []string{"main.version=8"}
	flags, err := key(t.Context(), folder, "tools")
	require.NoError(t, err)
	require.NotEqual(t, sums, flags)
}

func TestTwoRunsDoNotBuildAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var told strings.Builder
	release, err := lock(t.Context(), path, &told)
	require.NoError(t, err)
	require.Empty(t, told.String())

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = lock(ctx, path, &told)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, "another run builds the programs of the bench: waiting for it\n", told.String())

	release()
	release, err = lock(t.Context(), path, &told)
	require.NoError(t, err)
	release()
}

// The real modules are complete: no build would fail for want of a checksum.
func TestTheModulesPinAllPrograms(t *testing.T) {
	for _, p := range programs {
		text, err := os.ReadFile(filepath.Join("..", p.module, "go.mod"))
		require.NoError(t, err)
		require.Regexp(t, `(?m)^(tool |\t)`+p.pkg+`$`, string(text), "a tool line in %s/go.mod", p.module)
	}
}
