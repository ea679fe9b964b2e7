// Package users changes a copy of the project as its users do, and runs the
// tests that every pull request of theirs has to pass.
package users

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root of the project. A test that only runs programs would stay green in the
// cache of `go test`; `make test` does not use it.
var root = filepath.Join("..", "..")

// copied is the project as Git would clone it, with what is not committed yet.
func copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	list := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
	list.Dir = root
	names, err := list.Output()
	require.NoError(t, err)
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		from, to := filepath.Join(root, name), filepath.Join(dir, name)
		info, err := os.Lstat(from)
		if os.IsNotExist(err) || info.Mode()&os.ModeSymlink != 0 {
			continue
		}
		require.NoError(t, err)
		content, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		require.NoError(t, os.WriteFile(to, content, info.Mode().Perm()))
	}
	packages, err := filepath.Abs(filepath.Join(root, "node_modules"))
	require.NoError(t, err)
	require.NoError(t, os.Symlink(packages, filepath.Join(dir, "node_modules")))
	return dir
}

// set makes the settings of a copy those of a JSON text.
func set(t *testing.T, dir, platform string) {
	t.Helper()
	file := filepath.Join(dir, "cdk.json")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var app map[string]any
	require.NoError(t, json.Unmarshal(text, &app))
	app["context"].(map[string]any)["platform"] = json.RawMessage(platform)
	text, err = json.MarshalIndent(app, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o644))
}

// edit replaces a text in a file of a copy; an empty one appends.
func edit(t *testing.T, dir, file, old, replacement string) {
	t.Helper()
	file = filepath.Join(dir, file)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	text := string(content) + replacement
	if old != "" {
		require.Contains(t, string(content), old, file)
		text = strings.ReplaceAll(string(content), old, replacement)
	}
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

// seed puts the manifests and the app that this project ships into a copy:
// yours may have become something else.
func seed(t *testing.T, dir string) {
	t.Helper()
	for _, folder := range []string{"manifests", "app"} {
		require.NoError(t, os.RemoveAll(filepath.Join(dir, folder)))
		require.NoError(t, os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join(dir, "test/testdata/project", folder))))
	}
}

// addEnvironment copies the folders of prod, as manifests/README.md says.
func addEnvironment(t *testing.T, dir, name, path string) {
	t.Helper()
	for from, to := range map[string]string{"clusters/prod": path, "apps/prod": "apps/" + name} {
		to = filepath.Join(dir, "manifests", to)
		require.NoError(t, os.CopyFS(to, os.DirFS(filepath.Join(dir, "manifests", from))))
	}
	edit(t, dir, filepath.Join("manifests", path, "hello.yaml"), "./apps/prod/", "./apps/"+name+"/")
}

// goTest runs tests in a folder of a copy as `make test` does.
func goTest(t *testing.T, dir, folder string, arguments ...string) (string, error) {
	t.Helper()
	command := exec.Command("go", append([]string{"test", "-count=1"}, arguments...)...)
	command.Dir = filepath.Join(dir, folder)
	command.Env = append(os.Environ(), "CDK_VALIDATION=false", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20")
	out, err := command.CombinedOutput()
	return string(out), err
}

// Each of these is a valid state, and all tests are green in it; what is wrong
// is said at once, although the same tests have just been green.
func TestUsersMayChangeWhatIsTheirs(t *testing.T) {
	dir := copied(t)
	seed(t, dir)
	// The documented two lines for a public address.
	edit(t, dir, "manifests/tenants/kustomization.yaml", "", "components:\n  - components/public-ingress\n")
	edit(t, dir, "manifests/apps/dev/hello/kustomization.yaml", "", "components:\n  - ../../components/public-ingress\n")
	edit(t, dir, "manifests/apps/prod/hello/hpa.yaml", "minReplicas: 3", "minReplicas: 4")
	addEnvironment(t, dir, "test", "clusters/test")
	addEnvironment(t, dir, "eu", "fleet/eu") // another flux.path
	// The first environment, the one with image automation, is called otherwise.
	for _, folder := range []string{"clusters", "apps"} {
		require.NoError(t, os.Rename(filepath.Join(dir, "manifests", folder, "dev"), filepath.Join(dir, "manifests", folder, "staging")))
	}
	edit(t, dir, "manifests/clusters/staging/hello.yaml", "./apps/dev/", "./apps/staging/")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "app/server.py"), []byte("print(1)\n"), 0o644))
	require.NoError(t, os.Remove(filepath.Join(dir, "app/go.mod"))) // another language
	const settings = `{"name": "acme", "tags": {"team": "web"}, "environments": [
		{"name": "staging", "endpoint": {"access": "public", "publicCidrs": ["203.0.113.0/24"]}},
		{"name": "test", "network": {"nat": "per-az"}}, {"name": "prod"},
		{"name": "eu", "flux": {"path": "fleet/eu"}}]}`
	set(t, dir, settings)
	out, err := goTest(t, dir, ".", "-skip", "EndInAStackTrace", "./test", "./stacks/seed")
	require.NoError(t, err, out)
	out, err = goTest(t, dir, "test/manifests", ".")
	require.NoError(t, err, out)

	edit(t, dir, "manifests/clusters/staging/hello.yaml", "interval: 1m", "interval: 10m")
	set(t, dir, strings.Replace(settings, `{"name": "prod"}`, `{"name": "prod"}, {"name": "qa"}`, 1))
	out, err = goTest(t, dir, "test/manifests", "-run", "TestYour", ".")
	require.Error(t, err)
	require.Contains(t, out, "Kustomization hello: interval 10m0s, not 1m; set interval: 1m\n")
	require.Contains(t, out, "manifests/clusters/qa: is no folder, and the environment qa follows it; make it, as a copy of one that is there\n")
	require.NotContains(t, out, "which it never applies", "what follows from the folder that is missing")
}
