package gitserver

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func start(t *testing.T) (*Server, *Clone) {
	t.Helper()
	s, err := Start(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Down() })
	seed := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(seed, "a.txt"), []byte("one\n"), 0o600))
	require.NoError(t, s.Seed(t.Context(), "config", seed, func(dir string) error {
		return os.WriteFile(filepath.Join(dir, "edited.txt"), nil, 0o600)
	}))
	clone, err := s.Clone(t.Context(), "config", filepath.Join(t.TempDir(), "work"))
	require.NoError(t, err)
	return s, clone
}

func TestSeedIsOneCommit(t *testing.T) {
	s, clone := start(t)
	log, err := clone.Git(t.Context(), "log", "--format=%s %D", "--name-only")
	require.NoError(t, err)
	require.Equal(t, "Seed the repository HEAD -> main, origin/main, origin/HEAD\n\na.txt\nedited.txt", log)
	head, err := s.Head(t.Context(), "config")
	require.NoError(t, err)
	require.Len(t, head, 40)
}

func TestPushRevertAndHook(t *testing.T) {
	s, clone := start(t)
	var pushed []string
	s.OnPush(func(repository string) { pushed = append(pushed, repository) })
	require.NoError(t, clone.Edit("a.txt", func(text string) string { return strings.ReplaceAll(text, "one", "two") }))
	commit, err := clone.Push(t.Context(), "Change it")
	require.NoError(t, err)
	head, err := s.Head(t.Context(), "config")
	require.NoError(t, err)
	require.Equal(t, commit, head)

	_, err = clone.Revert(t.Context(), commit)
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(clone.Dir, "a.txt"))
	require.NoError(t, err)
	require.Equal(t, "one\n", string(text))
	require.Equal(t, []string{"config", "config"}, pushed)
}

func TestPushOnTopOfAnother(t *testing.T) {
	s, clone := start(t)
	other, err := s.Clone(t.Context(), "config", filepath.Join(t.TempDir(), "other"))
	require.NoError(t, err)
	require.NoError(t, other.Write("deep/b.txt", "b"))
	_, err = other.Push(t.Context(), "Add b")
	require.NoError(t, err)
	require.NoError(t, clone.Write("c.txt", "c"))
	_, err = clone.Push(t.Context(), "Add c")
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(clone.Dir, "deep", "b.txt"))
}

func TestAPasswordIsNeeded(t *testing.T) {
	s, _ := start(t)
	_, err := s.git(t.Context(), "ls-remote", s.RepositoryURL("config"))
	require.ErrorContains(t, err, "could not read Username")
	_, err = http.Get(s.RepositoryURL("config"))
	require.ErrorContains(t, err, "certificate")
}

func TestAnEditWithoutEffectIsAnError(t *testing.T) {
	_, clone := start(t)
	err := clone.Edit("a.txt", func(text string) string { return text })
	require.EqualError(t, err, "the change of a.txt changes nothing")
}

func TestOutage(t *testing.T) {
	s, clone := start(t)
	require.NoError(t, s.Down())
	require.ErrorContains(t, clone.Pull(t.Context()), "Failed to connect")
	require.NoError(t, s.Up())
	require.NoError(t, clone.Pull(t.Context()))
}
