package review

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/gatetest"
	"gitops-eks/test/gates/review/change"
	"gitops-eks/test/gates/review/report"
	"gitops-eks/test/synthesis"
)

var update = flag.Bool("update", false, "write docs/review-example.md")

// cloned is a clone of the project's last commit, with the installed packages,
// the default settings and the seeds that this project ships.
func cloned(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clone")
	root := gatetest.Root()
	git(t, root, "clone", "--quiet", "--shared", root, dir)
	git(t, dir, "checkout", "--quiet", "-B", "main")
	require.NoError(t, os.Symlink(filepath.Join(root, "node_modules"), filepath.Join(dir, "node_modules")))
	for _, folder := range []string{"manifests", "app"} {
		require.NoError(t, os.RemoveAll(filepath.Join(dir, folder)))
		require.NoError(t, os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join(root, synthesis.Project, folder))))
	}
	var program map[string]any
	text, err := os.ReadFile(filepath.Join(dir, "cdk.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &program))
	program["context"].(map[string]any)["platform"] = map[string]any{}
	text, err = json.MarshalIndent(program, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cdk.json"), text, 0o600))
	git(t, dir, "add", "--all", "manifests", "app", "cdk.json")
	commit(t, dir, "Begin with the seeds")
	git(t, dir, "checkout", "--quiet", "-b", "change")
	return dir
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := exec.Command("git", args...)
	command.Dir = dir
	out, err := command.CombinedOutput()
	require.NoError(t, err, "git %v: %s", args, out)
	return string(out)
}

// edit replaces a text in a file of the clone.
func edit(t *testing.T, dir, file, old, replacement string) {
	t.Helper()
	path := filepath.Join(dir, file)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(content), old, "the edit no longer fits %s", file)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(content), old, replacement, 1)), 0o600))
}

func commit(t *testing.T, dir, message string) {
	t.Helper()
	git(t, dir, "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--all", "--message", message)
}

func reviewed(t *testing.T, dir string) (change.Result, string) {
	t.Helper()
	result, err := Run(t.Context(), Options{Root: dir, Base: "main", Project: gatetest.Root()})
	require.NoError(t, err)
	require.NotContains(t, git(t, dir, "worktree", "list"), "gitops-eks-base-", "the base's work tree is left")
	var text bytes.Buffer
	report.Text(&text, result)
	return result, text.String()
}

// TestAChangeThatLosesMuch is the branch of the example in docs/.
func TestAChangeThatLosesMuch(t *testing.T) {
	dir := cloned(t)
	edit(t, dir, "cdk.json", `"platform": {}`, `"platform": {"environments": [{"name": "dev", "network": {"cidr": "10.9.0.0/16"}}]}`)
	edit(t, dir, "constructs/registry.go", `jsii.String(props.Name),`, `jsii.String(props.Name + "-images"),`)
	edit(t, dir, "stacks/gitops.go", "gitops.ReadImages, images", `append(slices.Clone(gitops.ReadImages), "ecr:DeleteRepository"), images`)
	edit(t, dir, "manifests/clusters/dev/kustomization.yaml", "  - image-automation.yaml\n", "")
	commit(t, dir, "Change much\n\nAllow-Deletion: dev/Kustomization flux-system/forgotten")

	result, text := reviewed(t, dir)
	require.True(t, result.Failed())
	comment, whole := report.Markdown(result, report.Limit, "review-full.md")
	require.True(t, whole)
	top, _, _ := strings.Cut(comment, "<details>")
	for _, risk := range []string{
		"dev-gitops/image-reflector-controller/Role may ecr:DeleteRepository on",
		"the EC2 VPC is replaced (CidrBlock: 10.0.0.0/16 → 10.9.0.0/16)",
		"the ECR Repository is replaced (RepositoryName: platform/hello → platform/hello-images)",
		"the Kustomization is removed, and prune will delete its 4 objects",
	} {
		require.Contains(t, text, risk)
		require.Contains(t, strings.ReplaceAll(top, `\`, ""), risk, "not before the details")
	}
	require.Contains(t, text, "stale override in a commit")

	example := filepath.Join(gatetest.Root(), "docs", "review-example.md")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(example), 0o755))
		require.NoError(t, os.WriteFile(example, []byte(comment), 0o644))
	}
	want, err := os.ReadFile(example)
	require.NoError(t, err)
	require.Equal(t, string(want), comment, "the example has changed: look at it, then run this test with -update")
}

func TestAChangeOfReplicasIsThreeLines(t *testing.T) {
	dir := cloned(t)
	edit(t, dir, "manifests/apps/prod/hello/hpa.yaml", "minReplicas: 3", "minReplicas: 4")
	result, text := reviewed(t, dir) // not committed: the working tree counts
	require.False(t, result.Failed())
	require.Equal(t, `No risk found in 2 changes.
delivery: code changed: delivery/Config/Repository
prod Flux: HorizontalPodAutoscaler hello/hello: spec.minReplicas: 3 → 4
`, text)
}

// With an assembly given, nothing of the head is run: it may come from anybody.
func TestTheHeadIsOnlyRead(t *testing.T) {
	dir := cloned(t)
	require.NoError(t, os.Remove(filepath.Join(dir, "node_modules")))
	edit(t, dir, "main.go", "package main", "package nothing that compiles")
	edit(t, dir, "manifests/apps/prod/hello/hpa.yaml", "minReplicas: 3", "minReplicas: 4")
	result, err := Run(t.Context(), Options{
		Root: dir, Assembly: gatetest.Synth(t, "default").Dir, Base: "main", Project: gatetest.Root(),
	})
	require.NoError(t, err)
	require.False(t, result.Failed())
	var text bytes.Buffer
	report.Text(&text, result)
	require.Contains(t, text.String(), "spec.minReplicas: 3 → 4")
}
