package shell

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/gatetest"
)

func TestNoFalseAlarm(t *testing.T) {
	for _, variant := range gatetest.Variants(t) {
		t.Run(variant, func(t *testing.T) {
			require.Empty(t, gatetest.Run(t, New(), gatetest.Synth(t, variant)))
		})
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name, variant, old, new string
		rule, want              string
	}{
		{"malformed", "", `"phases": {`, `"phases" {`, "buildspec", "not valid"},
		{"version", "", `"version": "0.2"`, `"version": "0.1"`, "buildspec", "version is 0.1"},
		{"misspelt key", "", `"phases":`, `"fases":`, "buildspec", "fases"},
		{"misspelt phase", "", `"build":`, `"biuld":`, "buildspec", "biuld is none of"},
		{"misspelt commands", "", `"commands":`, `"command":`, "buildspec", "command"},
		{"another shell", "", `"shell": "bash"`, `"shell": "sh"`, "buildspec", `env.shell is "sh"`},
		{"open quote", "", `--platform \"$PLATFORM\"`, `--platform \"$PLATFORM`, "syntax", "is not bash"},
		{"no set", "", "set -euo pipefail", "set -u", "strict", "set -euo pipefail is not its first"},
		{"variable of nobody", "", "$REPOSITORY_URI:$CACHE_TAG", "$REPO_URI:$CACHE_TAG", "variable", "$REPO_URI, which nobody sets"},
		{"log-in lost", "", "aws ecr get-login-password | docker login --username AWS --password-stdin", "echo", "log-in", "before it logs in"},
		{"push with a tag", "", "push-by-digest=true,", "", "push-by-digest", "with a tag"},
		{"no scan", "", "aws ecr describe-image-scan-findings", "aws ecr describe-images", "scan", "does not scan"},
		{"no threshold", "", `[ \"$bad\" -gt 0 ]`, `[ 1 -gt 2 ]`, "threshold", "does not fail at the threshold"},
		{"threshold without end", "", `the image is not released\"\n\texit 1`, `the image is not released\"\n\techo`, "threshold", "does not fail"},
		{"tag form", "", "%Y%m%dT%H%M%SZ", "%d%m%YT%H%M%SZ", "tag", "not of the form"},
		{"trace", "", "set -euo pipefail", "set -euo pipefail\\nset -x", "script", "passwords"},
		{"ignored", "", "--metadata-file build.json", "--metadata-file build.json || true", "script", "goes on"},
		{"errors pass", "", "set -euo pipefail", "set -euo pipefail\\nset +e", "strict", "stops to fail"},
		{"variables shown", "", "set -euo pipefail", "set -euo pipefail\\nprintenv", "script", "secrets included"},
		{"password shown", "", "get-login-password | docker", "get-login-password | tee /dev/stderr | docker", "script", "shows the registry's password"},
		{"download run", "", "set -euo pipefail", "set -euo pipefail\\nbash <(curl -fsSL https://get.example.com)", "script", "runs a download unseen"},
		{"moving tag", "", "$REPOSITORY_URI:$CACHE_TAG", "$REPOSITORY_URI:latest", "tag", "a tag that moves"},
		{"cluster", "", "set -euo pipefail", "set -euo pipefail\\nkubectl get pods", "boundary", "reaches for a cluster"},
		{"attestation", "", "--provenance=false", "--provenance=true", "attestation", "attestations"},
		{"platform", "", `--platform \"$PLATFORM\"`, "--platform linux/s390x", "platform", "another platform"},
		{"buildkit", "", ` --driver-opt \"image=$image\"`, "", "buildkit", "any version"},
		{"another scan", "", "imageDigest=$digest", "imageTag=$tag", "scan", "another image"},
		{"ranks", "", "critical) limit=4 ;; high) limit=3", "critical) limit=3 ;; high) limit=4", "threshold", "ranks"},
		{"above alone", "", "$1 >= limit", "$1 > limit", "threshold", "at the threshold itself"},
		{"no scan in time", "", `$(cat scan.error)\"\n\t\texit 1`, `$(cat scan.error)\"\n\t\tbreak`, "threshold", "goes on"},
		{"export lost", "two-platforms", `export IMAGE_DIGEST=\"$(cat image.digest)\"`, `cat image.digest`, "exported", "IMAGE_DIGEST"},
		{"shellcheck", "", `docker buildx build . `, `docker buildx build $PWD `, "SC2086", "globbing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.variant == "" {
				c.variant = "default"
			}
			a := gatetest.Read(t, gatetest.Synth(t, c.variant).Dir)
			project := a.All("AWS::CodeBuild::Project")[0]
			source := project.Properties["Source"].(map[string]any)
			text := source["BuildSpec"].(string)
			require.Contains(t, text, c.old, "the edit no longer fits")
			source["BuildSpec"] = strings.ReplaceAll(text, c.old, c.new)
			requireFinding(t, a, project, c.rule, c.want)
		})
	}
}

func requireFinding(t *testing.T, a *assembly.Assembly, at *assembly.Resource, rule, want string) {
	t.Helper()
	var lines []string
	for _, f := range gatetest.Run(t, New(), a) {
		if f.Rule == rule && f.LogicalID == at.LogicalID && strings.Contains(f.Problem, want) {
			require.NotEmpty(t, f.Fix)
			return
		}
		lines = append(lines, f.Rule+" "+f.Where()+" "+f.Problem)
	}
	require.Fail(t, "no finding "+rule+" with "+want, strings.Join(lines, "\n"))
}

func TestVariablesOfProjectsAndPipelines(t *testing.T) {
	edit := func(kind, old, to string) (*assembly.Assembly, *assembly.Resource) {
		a := gatetest.Read(t, gatetest.Synth(t, "two-platforms").Dir)
		resource := a.All(kind)[0]
		text, err := json.Marshal(resource.Properties)
		require.NoError(t, err)
		require.Contains(t, string(text), old)
		resource.Properties = nil
		require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(string(text), old, to)), &resource.Properties))
		return a, resource
	}
	for _, c := range []struct{ kind, old, new, rule, want string }{
		{"AWS::CodeBuild::Project", `"Name":"SCAN_THRESHOLD"`, `"Name":"SCAN_TRESHOLD"`, "variable", "$SCAN_THRESHOLD, which nobody sets"},
		{"AWS::CodeBuild::Project", `"Value":"high"`, `"Value":"hihg"`, "threshold", "hihg"},
		{"AWS::CodeBuild::Project", "@sha256:", ":sha256-", "variable", "not pinned"},
		{"AWS::CodePipeline::Pipeline", "Build_Build-amd64_NS.IMAGE_DIGEST", "Build_Build-amd64_NS.DIGEST", "pipeline", "does not export DIGEST"},
		{"AWS::CodePipeline::Pipeline", "#{Source_Commit_NS.CommitId}", "#{Source_NS.CommitId}", "pipeline", "no earlier action has the namespace Source_NS"},
	} {
		t.Run(c.new, func(t *testing.T) {
			a, resource := edit(c.kind, c.old, c.new)
			requireFinding(t, a, resource, c.rule, c.want)
		})
	}
}
