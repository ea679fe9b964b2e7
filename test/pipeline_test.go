package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// eachPipeline runs a test on the pipeline of every app.
func eachPipeline(t *testing.T, test func(t *testing.T, a *assembly, s *template, app config.App, pipeline *resource)) {
	t.Helper()
	eachApp(t, func(t *testing.T, a *assembly, s *template, app config.App) {
		pipeline := s.one(t, "AWS::CodePipeline::Pipeline")
		require.Equal(t, a.platform.Name+"-"+app.Name, pipeline.get("Name"))
		test(t, a, s, app, pipeline)
	})
}

// actions are the actions of a stage.
func actions(t *testing.T, pipeline *resource, stage string) []any {
	t.Helper()
	for _, one := range list(pipeline.get("Stages")) {
		if dig(one, "Name") == stage {
			return list(dig(one, "Actions"))
		}
	}
	require.Fail(t, pipeline.path+" has no stage "+stage)
	return nil
}

// A newer commit waits for the build before it, so that tags rise with commits.
func TestPipelinesQueue(t *testing.T) {
	eachPipeline(t, func(t *testing.T, a *assembly, _ *template, _ config.App, pipeline *resource) {
		require.Equal(t, "V2", pipeline.get("PipelineType"))
		require.Equal(t, "QUEUED", pipeline.get("ExecutionMode"))
		a.requireOrigin(t, pipeline.get("ArtifactStore", "Location"), "AWS::S3::Bucket", "Artifacts/Bucket")
		a.requireOrigin(t, pipeline.get("ArtifactStore", "EncryptionKey", "Id"), "AWS::KMS::Key", "Key")
	})
}

// A pipeline runs as soon as it is made: the rights of its roles and of the
// builds that it starts are there by then.
func TestPipelinesHaveTheirRightsFirst(t *testing.T) {
	eachPipeline(t, func(t *testing.T, _ *assembly, s *template, _ config.App, pipeline *resource) {
		found := 0
		for _, policy := range s.all("AWS::IAM::Policy") {
			if strings.HasPrefix(policy.path, strings.TrimSuffix(pipeline.path, "Pipeline/Resource")) && !strings.Contains(policy.path, "Events") {
				s.requireBefore(t, policy, pipeline)
				found++
			}
		}
		require.GreaterOrEqual(t, found, 4, "the pipeline's, its actions' and the build's policies")
	})
}

// CodeCommit starts the pipeline by an event of its branch; nothing polls.
func TestCodeCommitStartsPipelinesByEvent(t *testing.T) {
	eachPipeline(t, func(t *testing.T, a *assembly, s *template, app config.App, pipeline *resource) {
		if app.Source.Type != config.AppSourceCodeCommit {
			return
		}
		source := actions(t, pipeline, "Source")
		require.Len(t, source, 1)
		require.Equal(t, "CodeCommit", dig(source[0], "ActionTypeId", "Provider"))
		require.Equal(t, false, dig(source[0], "Configuration", "PollForSourceChanges"))
		require.Equal(t, app.Source.Branch, dig(source[0], "Configuration", "BranchName"))
		repository := named(s, "AWS::CodeCommit::Repository", "RepositoryName", a.platform.Name+"-"+app.Name)
		require.Equal(t, repository.get("RepositoryName"), dig(source[0], "Configuration", "RepositoryName"))
		s.requireBefore(t, repository, pipeline)

		var starters []*resource
		for _, rule := range s.all("AWS::Events::Rule") {
			if refersTo(rule.get("Targets"), pipeline) {
				starters = append(starters, rule)
			}
		}
		require.Len(t, starters, 1)
		require.Equal(t, []string{app.Source.Branch}, texts(starters[0].get("EventPattern", "detail", "referenceName")))
		require.True(t, strings.HasSuffix(s.render(dig(starters[0].get("EventPattern", "resources"), 0)), ":"+a.platform.Name+"-"+app.Name))
	})
}

// A connection starts the pipeline by the filters of a trigger and not, a
// second time, by itself.
func TestConnectionsStartPipelinesByFilter(t *testing.T) {
	found := 0
	eachPipeline(t, func(t *testing.T, _ *assembly, s *template, app config.App, pipeline *resource) {
		if app.Source.Type != config.AppSourceConnection {
			require.Nil(t, pipeline.get("Triggers"))
			return
		}
		found++
		source := actions(t, pipeline, "Source")[0]
		require.Equal(t, false, dig(source, "Configuration", "DetectChanges"))
		require.Equal(t, app.Source.Owner+"/"+app.Source.Repository, dig(source, "Configuration", "FullRepositoryId"))
		require.Equal(t, app.Source.ConnectionARN, dig(source, "Configuration", "ConnectionArn"))

		triggers := list(pipeline.get("Triggers"))
		require.Len(t, triggers, 1)
		require.Equal(t, dig(source, "Name"), dig(triggers[0], "GitConfiguration", "SourceActionName"))
		push := list(dig(triggers[0], "GitConfiguration", "Push"))
		require.Len(t, push, 1)
		require.Equal(t, []string{app.Source.Branch}, texts(dig(push[0], "Branches", "Includes")))
		require.Equal(t, app.Source.Paths, texts(dig(push[0], "FilePaths", "Includes")))
		requireUseConnection(t, s, source, app.Source.ConnectionARN)
	})
	require.Positive(t, found, "no variant has a connection")
}

// The service was renamed: AWS asks for the action under either name.
func requireUseConnection(t *testing.T, s *template, source any, connection string) {
	t.Helper()
	var granted []string
	for _, one := range s.permissions(s.byID(t, references(dig(source, "RoleArn"))[0])) {
		for _, action := range one.actions {
			if strings.HasSuffix(action, ":UseConnection") {
				require.Equal(t, []string{connection}, one.resources)
				granted = append(granted, action)
			}
		}
	}
	require.ElementsMatch(t, []string{"codestar-connections:UseConnection", "codeconnections:UseConnection"}, granted)
}

// Each platform is built on a machine of its own kind. Two are built side by
// side and joined once both have passed.
func TestPlatformsAreBuiltNatively(t *testing.T) {
	machines := map[config.ImagePlatform]string{config.PlatformAMD64: "LINUX_CONTAINER", config.PlatformARM64: "ARM_CONTAINER"}
	found := 0
	eachPipeline(t, func(t *testing.T, _ *assembly, s *template, app config.App, pipeline *resource) {
		builds := actions(t, pipeline, "Build")
		require.Len(t, builds, len(app.Platforms))
		for i, platform := range app.Platforms {
			require.EqualValues(t, 1, dig(builds[i], "RunOrder"), "side by side")
			project := projectOf(t, s, builds[i])
			require.Equal(t, string(platform), variable(s, project, "PLATFORM"))
			require.Equal(t, machines[platform], project.get("Environment", "Type"))
			require.Equal(t, platform == config.PlatformARM64, strings.Contains(project.get("Environment", "Image").(string), "aarch64"))
		}
		stages := list(pipeline.get("Stages"))
		if len(app.Platforms) == 1 {
			require.Len(t, stages, 2)
			return
		}
		found++
		require.Len(t, stages, 3)
		require.Equal(t, "Release", dig(stages[2], "Name"))
		release := actions(t, pipeline, "Release")
		require.Len(t, release, 1)
		for _, build := range builds {
			digest := "#{" + dig(build, "Namespace").(string) + ".IMAGE_DIGEST}"
			require.Contains(t, s.render(dig(release[0], "Configuration", "EnvironmentVariables")), digest)
		}
	})
	require.Positive(t, found, "no variant has two platforms")
}

// projectOf is the CodeBuild project of an action.
func projectOf(t *testing.T, s *template, action any) *resource {
	t.Helper()
	ids := references(dig(action, "Configuration", "ProjectName"))
	require.Len(t, ids, 1)
	return s.byID(t, ids[0])
}

// variable is an environment variable of a project.
func variable(s *template, project *resource, name string) string {
	variables := list(project.get("Environment", "EnvironmentVariables"))
	i := slices.IndexFunc(variables, func(v any) bool { return dig(v, "Name") == name })
	if i < 0 {
		return ""
	}
	return s.render(dig(variables[i], "Value"))
}

// A build knows its registry, threshold and BuildKit; every value is in
// the clear because none is a secret.
func TestBuildsFollowSettings(t *testing.T) {
	eachPipeline(t, func(t *testing.T, a *assembly, s *template, app config.App, pipeline *resource) {
		for _, action := range actions(t, pipeline, "Build") {
			project := projectOf(t, s, action)
			require.Equal(t, "${Images}", variable(s, project, "REPOSITORY_NAME"))
			require.Equal(t, string(app.ScanThreshold), variable(s, project, "SCAN_THRESHOLD"))
			require.Equal(t, a.platform.Delivery.BuildKitImage, variable(s, project, "BUILDKIT_IMAGE"))
			require.Equal(t, "cache", variable(s, project, "CACHE_TAG"), "the one tag that may be overwritten")
			require.Contains(t, variable(s, project, "SOURCE_URL"), app.Name)
			require.Contains(t, s.render(dig(action, "Configuration", "EnvironmentVariables")), `"#{Source_Commit_NS.CommitId}"`)
			a.requireOrigin(t, project.get("EncryptionKey"), "AWS::KMS::Key", "Key")
			require.Nil(t, project.get("VpcConfig"), "a build is in no network from which a cluster can be reached")
		}
	})
}
