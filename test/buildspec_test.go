package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// buildSpec is what a project's build runs.
type buildSpec struct {
	Env struct {
		Shell             string   `json:"shell"`
		ExportedVariables []string `json:"exported-variables"`
	} `json:"env"`
	Phases map[string]struct {
		Commands []string `json:"commands"`
	} `json:"phases"`
}

// The marks by which the steps of a build are known.
const (
	logIn   = "docker login"
	build   = "docker buildx build"
	scan    = "describe-image-scan-findings"
	release = "released $REPOSITORY_URI:$tag"
)

// steps are the commands of a project's build. All are in one phase: a later
// one would run after a failure as well.
func steps(t *testing.T, s *template, project *resource) []string {
	t.Helper()
	var spec buildSpec
	s.object(t, project.get("Source", "BuildSpec"), &spec)
	require.Equal(t, "bash", spec.Env.Shell, project.path)
	require.Len(t, spec.Phases, 1, project.path)
	return spec.Phases["build"].Commands
}

// requireSteps checks that the steps are these, in this order.
func requireSteps(t *testing.T, commands []string, marks ...string) {
	t.Helper()
	require.Len(t, commands, len(marks))
	for i, mark := range marks {
		require.Contains(t, commands[i], mark, "step %d", i)
	}
}

// An image gets its tag after it has passed the scan: until then nothing that
// looks for tags sees it.
func TestImagesAreReleasedAfterTheirScan(t *testing.T) {
	eachPipeline(t, func(t *testing.T, _ *assembly, s *template, app config.App, pipeline *resource) {
		for _, action := range actions(t, pipeline, "Build") {
			commands := steps(t, s, projectOf(t, s, action))
			if len(app.Platforms) == 1 {
				requireSteps(t, commands, logIn, build, scan, release)
			} else {
				requireSteps(t, commands, logIn, build, scan, `export IMAGE_DIGEST="$(cat image.digest)"`)
			}
			for _, command := range commands[:3] {
				require.NotContains(t, command, "--tag ")
				require.NotContains(t, command, "put-image")
				require.NotContains(t, command, "docker push")
			}
			require.Contains(t, commands[1], "push-by-digest=true")
		}
		if len(app.Platforms) > 1 {
			requireSteps(t, steps(t, s, projectOf(t, s, actions(t, pipeline, "Release")[0])), logIn, release)
		}
	})
}

// Each script ends at its first failure, and CodeBuild ends the build there.
func TestStepsEndAtTheFirstFailure(t *testing.T) {
	eachApp(t, func(t *testing.T, _ *assembly, s *template, _ config.App) {
		for _, project := range s.all("AWS::CodeBuild::Project") {
			for _, command := range steps(t, s, project) {
				if strings.HasPrefix(command, "export ") {
					continue
				}
				require.True(t, strings.HasPrefix(command, "(\n") && strings.HasSuffix(command, ")"), "a shell of its own: %s", command)
				require.Contains(t, command, "set -euo pipefail")
			}
		}
	})
}

// The log-in is by the build's role; no credential is in the project.
func TestBuildsLogInWithTheirRole(t *testing.T) {
	eachApp(t, func(t *testing.T, _ *assembly, s *template, _ config.App) {
		for _, project := range s.all("AWS::CodeBuild::Project") {
			require.Contains(t, steps(t, s, project)[0], "aws ecr get-login-password | docker login --username AWS --password-stdin")
			for _, v := range list(project.get("Environment", "EnvironmentVariables")) {
				require.Equal(t, "PLAINTEXT", dig(v, "Type"))
			}
		}
	})
}

// What the build step promises: a cache of all stages, labels that lead back
// to the commit, one push.
func TestBuildStepKeepsItsPromises(t *testing.T) {
	s := synth(t, "default").stack(t, "app-hello")
	command := steps(t, s, s.one(t, "AWS::CodeBuild::Project"))[1]
	for _, promise := range []string{
		`cache=$REPOSITORY_URI:$CACHE_TAG`,
		`--cache-from "type=registry,ref=$cache"`,
		`--cache-to "type=registry,ref=$cache,mode=max`,
		`org.opencontainers.image.source=$SOURCE_URL`,
		`org.opencontainers.image.revision=$REVISION`,
		`org.opencontainers.image.created=$(date -u `,
		`images=("$BUILDKIT_IMAGE")`,
		`--driver docker-container --driver-opt "image=$image"`,
	} {
		require.Contains(t, command, promise)
	}
	require.Equal(t, 1, strings.Count(command, "push=true"))
}

// Flux sorts tags as text: time first, in UTC, then the commit.
func TestTagsSortByTime(t *testing.T) {
	s := synth(t, "default").stack(t, "app-hello")
	command := steps(t, s, s.one(t, "AWS::CodeBuild::Project"))[3]
	require.Contains(t, command, "tag=$(date -u +%Y%m%dT%H%M%SZ)-${REVISION:0:7}")
}

// The digests of the platforms travel as an exported variable, and only they.
func TestOnlyDigestsAreExported(t *testing.T) {
	eachApp(t, func(t *testing.T, _ *assembly, s *template, _ config.App) {
		for _, project := range s.all("AWS::CodeBuild::Project") {
			var spec buildSpec
			s.object(t, project.get("Source", "BuildSpec"), &spec)
			exports := slices.ContainsFunc(steps(t, s, project), func(c string) bool { return strings.HasPrefix(c, "export ") })
			require.Equal(t, exports, len(spec.Env.ExportedVariables) == 1, project.path)
			if exports {
				require.Equal(t, []string{"IMAGE_DIGEST"}, spec.Env.ExportedVariables)
			}
		}
	})
}
