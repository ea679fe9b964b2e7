package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/gatetest"
)

// clone is a copy of the seed with what clones have besides.
func clone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(gatetest.Root(), "test/testdata/project/manifests"))))
	for name, text := range map[string]string{
		".git/refs/heads/x.yaml": "a: [", ".github/workflows/other.yaml": "on: {push: !x {}}", ".sops.yaml": "a: [", "mkdocs.yml": "a: !y [",
	} {
		write(t, dir, name, text)
	}
	return dir
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
}

func edit(t *testing.T, dir, name, old, text string) {
	t.Helper()
	before, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	require.Contains(t, string(before), old, "the edit no longer fits")
	write(t, dir, name, strings.Replace(string(before), old, text, 1))
}

// check runs the command with the settings of the text; "" is none.
func check(t *testing.T, dir, settings string) (out string, failed bool, err error) {
	t.Helper()
	root := t.TempDir()
	if settings != "" {
		write(t, root, "cdk.json", `{"context": {"platform": `+settings+`}}`)
	}
	var written bytes.Buffer
	failed, err = run(&written, options{root: root, config: dir})
	return written.String(), failed, err
}

func TestACloneIsFine(t *testing.T) {
	for _, settings := range []string{"", "{}", `{"environments": [{"name": "dev"}, {"name": "prod"}]}`} {
		out, failed, err := check(t, clone(t), settings)
		require.NoError(t, err)
		require.False(t, failed, out)
		require.True(t, strings.HasPrefix(out, "seed "), out)
	}
	// Environments that only the settings have, or only the clone.
	dir := clone(t)
	for _, folder := range []string{"clusters", "apps"} {
		require.NoError(t, os.Rename(filepath.Join(dir, folder, "dev"), filepath.Join(dir, folder, "staging")))
	}
	edit(t, dir, "clusters/staging/hello.yaml", "./apps/dev/", "./apps/staging/")
	out, failed, err := check(t, dir, "{}")
	require.NoError(t, err)
	require.False(t, failed, out)
	require.Contains(t, out, "note: clusters/dev\n    is no folder, and the environment dev of the settings follows it\n    fix: make it,")
}

func TestTheSettingsSayWhatTheClustersAre(t *testing.T) {
	out, failed, err := check(t, clone(t), `{"environments": [{"name": "dev", "flux": {"imageUpdates": "pull-request"}}]}`)
	require.NoError(t, err)
	require.True(t, failed)
	require.Contains(t, out, "dev changes by pull request only")
}

func TestAnAssemblySaysWhatTheClustersAre(t *testing.T) {
	dir := clone(t)
	edit(t, dir, "infrastructure/image-automation/automation.yaml", "${config_branch}", "${branch}")
	var out bytes.Buffer
	failed, err := run(&out, options{root: t.TempDir(), config: dir, assembly: gatetest.Synth(t, "default").Dir})
	require.NoError(t, err)
	require.True(t, failed)
	require.Contains(t, out.String(), `variable not set (strict mode): "branch"`)
}

func TestFaults(t *testing.T) {
	const sync, overlay = "clusters/dev/hello.yaml", "apps/dev/hello/kustomization.yaml"
	for _, c := range []struct{ name, file, old, new, path, want, fix string }{
		{"not YAML", sync, "spec:", "spec: [", sync, "clusters/dev/hello.yaml: ", "mend the YAML"},
		{"unknown field", "apps/base/hello/deployment.yaml", "revisionHistoryLimit: 3", "revisionHistory: 3", "apps/base/hello/deployment.yaml", `unknown field "spec.revisionHistory"`, "mend what"},
		{"path", sync, "./apps/dev/hello", "./apps/dev/helo", sync, "path apps/dev/helo does not exist", "mend what"},
		{"prune", sync, "prune: true", "prune: false", sync, "prune is off", "set prune: true"},
		{"the gate's own", "infrastructure/notifications/provider.yaml", "${alert_type}", "pigeon", "infrastructure/notifications/provider.yaml", "pigeon", "take one of these"},
		{"forgotten", "apps/base/hello/kustomization.yaml", "  - hpa.yaml\n", "", "apps/base/hello/hpa.yaml", "no cluster reads this file", "list it"},
		{"out of the folder", overlay, "resources:", "resources:\n  - ../../../../secret.yaml", overlay, "secret.yaml", "mend what"},
		{"another server", overlay, "resources:", "resources:\n  - https://127.0.0.1:1/x.yaml", overlay, "the check fetches nothing", "mend what"},
		{"another repository", overlay, "resources:", "resources:\n  - https://127.0.0.1:1/a/b//c?ref=main", overlay, "127.0.0.1", "mend what"},
	} {
		t.Run(c.name, func(t *testing.T) {
			transport := http.DefaultTransport
			t.Cleanup(func() { http.DefaultTransport = transport })
			t.Setenv("PATH", os.Getenv("PATH")) // restores it
			require.NoError(t, offline())
			dir := clone(t)
			write(t, filepath.Dir(dir), "secret.yaml", "kind: ConfigMap")
			edit(t, dir, c.file, c.old, c.new)
			out, failed, err := check(t, dir, "")
			require.NoError(t, err)
			require.True(t, failed)
			for _, finding := range strings.Split(out, "\n\n") {
				if strings.HasPrefix(finding, "error: ") && strings.Contains(finding, c.path) && strings.Contains(finding, c.want) && strings.Contains(finding, "\n    fix: "+c.fix) {
					return
				}
			}
			require.Fail(t, "no such finding", out)
		})
	}
}

// Flux packs regular files only, and a check that followed a link of a pull
// request would read what the pull request's author cannot.
func TestLinksAreNotFollowed(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, "secret.yaml", "password: x: y: z")
	dir := clone(t)
	link := func(target, name string) { require.NoError(t, os.Symlink(target, filepath.Join(dir, name))) }
	link(filepath.Join(outside, "secret.yaml"), "apps/base/hello/absolute.yaml")
	link("../../../../secret.yaml", "apps/base/hello/up.yaml")
	link("/etc", "infrastructure/etc")
	link("loop.yaml", "apps/loop.yaml")
	link("dev", "apps/inside")
	link("nowhere", "apps/nothing")
	out, failed, err := check(t, dir, "")
	require.NoError(t, err)
	require.True(t, failed)
	require.NotContains(t, out, "password")
	for name, target := range map[string]string{
		"apps/base/hello/absolute.yaml": filepath.Join(outside, "secret.yaml"), "apps/base/hello/up.yaml": "../../../../secret.yaml",
		"infrastructure/etc": "/etc", "apps/loop.yaml": "loop.yaml",
	} {
		require.Contains(t, out, "error: "+name+"\n    is a symbolic link to "+target+", which is not in the repository\n    fix: remove it")
	}
	require.Contains(t, out, "note: apps/inside\n    is a symbolic link, which Flux leaves out")
	require.Contains(t, out, "note: apps/nothing\n")
	require.Equal(t, 4, strings.Count(out, "error: "), out)

	// What is a link is not there for the clusters either.
	dir = clone(t)
	require.NoError(t, os.Rename(filepath.Join(dir, "apps/base/hello/hpa.yaml"), filepath.Join(dir, "hpa.yaml")))
	require.NoError(t, os.Symlink("../../../hpa.yaml", filepath.Join(dir, "apps/base/hello/hpa.yaml")))
	out, failed, err = check(t, dir, "")
	require.NoError(t, err)
	require.True(t, failed)
	require.Contains(t, out, "build apps/dev/hello failed")

	// Nor is a folder, be it the only one of its kind.
	dir = clone(t)
	require.NoError(t, os.Rename(filepath.Join(dir, "tenants"), filepath.Join(outside, "tenants")))
	require.NoError(t, os.Symlink(filepath.Join(outside, "tenants"), filepath.Join(dir, "tenants")))
	_, failed, err = check(t, dir, "")
	require.True(t, failed)
	require.ErrorContains(t, err, "is no clone of a config repository")
}

func TestOtherFoldersAreRefused(t *testing.T) {
	empty := t.TempDir()
	write(t, empty, ".git/HEAD", "ref: refs/heads/main\n") // what cloning an empty repository makes
	for dir, want := range map[string]string{
		"":                                "say which folder: make check CONFIG=folder",
		empty:                             empty + " is no clone of a config repository: it has no clusters/<environment>/ or no tenants/; name the folder of one",
		filepath.Join(empty, "x"):         "open the clone of the config repository: ",
		filepath.Join(empty, ".git/HEAD"): "open the clone of the config repository: ",
	} {
		out, failed, err := check(t, dir, "")
		require.True(t, failed)
		require.ErrorContains(t, err, want)
		require.Empty(t, out)
	}
	_, failed, err := check(t, clone(t), `{"nam": "x"}`)
	require.True(t, failed)
	require.ErrorContains(t, err, "cdk.json: platform.nam")
}
