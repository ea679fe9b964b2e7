package bench

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/gitserver"
	"gitops-eks/test/synthesis"
)

// The commands that push a config change, run as they are printed, where the
// user's own variable names authorities that do not know the Git server.
func TestAConfigChangeIsPushedAsPrinted(t *testing.T) {
	t.Setenv("GIT_SSL_CAINFO", "/dev/null")
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	require.NoError(t, err)
	dir := t.TempDir()
	git, err := gitserver.Start(filepath.Join(dir, "git"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, git.Down()) })
	require.NoError(t, git.Seed(t.Context(), ConfigRepository, filepath.Join(root, synthesis.Project, "manifests"), nil))
	before, err := git.Head(t.Context(), ConfigRepository)
	require.NoError(t, err)

	b := &Bench{Options: Options{Root: root, Dir: dir, Environment: "dev"}, Git: git, Cluster: &cluster.Cluster{}}
	require.NoError(t, b.prepareTries(t.Context()))
	printed, err := b.tries([]string{runtime.GOARCH})
	require.NoError(t, err)
	_, second, found := strings.Cut(printed, "\n2. ")
	require.True(t, found)
	second, _, found = strings.Cut(second, "\n3. ")
	require.True(t, found)
	_, commands, found := strings.Cut(second, "\n")
	require.True(t, found)
	said, err := exec.CommandContext(t.Context(), "bash", "-ec", commands).CombinedOutput()
	require.NoError(t, err, string(said))

	after, err := git.Head(t.Context(), ConfigRepository)
	require.NoError(t, err)
	require.NotEqual(t, before, after)
}
