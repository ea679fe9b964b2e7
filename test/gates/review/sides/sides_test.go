package sides

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// repository has two commits on main, and the branch change from the first.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	run := func(args ...string) {
		command := exec.Command("git", append([]string{"-c", "user.name=test", "-c", "user.email=test@example.com"}, args...)...)
		command.Dir = dir
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	run("init", "--quiet", "--initial-branch=main")
	write(t, dir, "package-lock.json", "{}")
	run("add", ".")
	run("commit", "--quiet", "-m", "First")
	run("checkout", "--quiet", "-b", "change")
	run("commit", "--quiet", "--allow-empty", "-m", "Move\n\nAllow-Replacement: dev-network/Network/Vpc")
	run("checkout", "--quiet", "main")
	write(t, dir, "later", "")
	run("add", ".")
	run("commit", "--quiet", "-m", "Later")
	run("checkout", "--quiet", "change")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "node_modules"), 0o755))
	return dir
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
}

func TestTheBaseIsWhereTheBranchBegan(t *testing.T) {
	dir := repository(t)
	base, err := Checkout(t.Context(), dir, "main")
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(base.Dir, "later"), "main's own change is not the branch's")
	require.NoError(t, base.Packages(t.Context(), dir))
	_, err = os.ReadDir(filepath.Join(base.Dir, "node_modules"))
	require.NoError(t, err)
	trailers, err := base.Trailers(t.Context())
	require.NoError(t, err)
	require.Equal(t, "Allow-Replacement: dev-network/Network/Vpc", trailers)

	require.NoError(t, base.Remove())
	require.NoDirExists(t, base.Dir)
	require.DirExists(t, filepath.Join(dir, "node_modules"), "a link was followed")
	again, err := Checkout(t.Context(), dir, "main")
	require.NoError(t, err)
	require.NoError(t, again.Remove())
}

func TestABaseThatIsNone(t *testing.T) {
	dir := repository(t)
	for ref, want := range map[string]string{
		"":          "no git reference; say which, such as BASE=origin/main",
		"--orphan":  "no git reference",
		"origin/no": `the base "origin/no" is no commit here`,
	} {
		_, err := Checkout(t.Context(), dir, ref)
		require.ErrorContains(t, err, want)
	}
}

func TestAnotherLayoutIsRefused(t *testing.T) {
	dir := t.TempDir()
	_, err := Synth(t.Context(), dir, t.TempDir())
	require.ErrorContains(t, err, "no program of this layout")
	write(t, dir, "cdk.json", `{"app": "npx ts-node app.ts", "context": {}}`)
	_, err = Synth(t.Context(), dir, t.TempDir())
	require.ErrorContains(t, err, `app is "npx ts-node app.ts"`)
}
