package constructs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipelineactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// platforms are those that CodeBuild has machines for.
var platforms = []string{"linux/amd64", "linux/arm64"}

// buildTimeout bounds a build; ten minutes of it are the scan's.
const buildTimeout = 45 * 60

// PipelineProps configures [NewPipeline].
type PipelineProps struct {
	// Name of the pipeline. Required.
	Name string
	// Source of the code. Required.
	Source Source
	// Registry that receives the images. Required.
	Registry awsecr.IRepository
	// Platforms to build for, as OCI writes them: linux/amd64, linux/arm64. Required.
	Platforms []string
	// ScanThreshold is low, medium, high, critical or none. Required.
	ScanThreshold string
	// BuildKitImage is the BuildKit daemon that a build starts. Required.
	BuildKitImage string
	// Artifacts carries the sources from action to action. Required.
	Artifacts awss3.IBucket
	// Key encrypts what CodeBuild writes. Required.
	Key awskms.IKey
	// Logs of the builds. Required.
	Logs Logs
	// Alerts are told of failures. Required.
	Alerts *Alerts
}

// NewPipeline makes a pipeline that turns each commit into a released image.
// None of its roles can reach a cluster: Flux finds the image by itself.
func NewPipeline(scope constructs.Construct, id string, props *PipelineProps) awscodepipeline.Pipeline {
	must(scope, id, props.validate()...)
	this := constructs.NewConstruct(scope, jsii.String(id))
	pipeline := awscodepipeline.NewPipeline(this, jsii.String("Pipeline"), &awscodepipeline.PipelineProps{
		PipelineName: jsii.String(props.Name),
		PipelineType: awscodepipeline.PipelineType_V2,
		// A newer commit waits for the build before it, so that tags rise with commits.
		ExecutionMode:  awscodepipeline.ExecutionMode_QUEUED,
		ArtifactBucket: props.Artifacts,
	})
	build := &imageBuild{PipelineProps: props, scope: this, code: awscodepipeline.NewArtifact(jsii.String("Code"), nil)}

	source := props.Source.action(build.code)
	build.commit = *source.commit
	addStage(pipeline, sourceStage, source.action)
	if len(props.Platforms) == 1 {
		addStage(pipeline, "Build", build.action("Build", props.Platforms[0], buildAndRelease()))
	} else {
		build.addParallel(pipeline)
	}
	if source.trigger != nil {
		pipeline.AddTrigger(source.trigger)
		props.Source.grantConnection(pipeline)
	}
	// By its name, so that the rule can be there before the pipeline.
	named := awscodepipeline.Pipeline_FromPipelineArn(this, jsii.String("NamedPipeline"), awscdk.Stack_Of(this).FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("codepipeline"), Resource: jsii.String(props.Name),
	}))
	props.Alerts.OnPipelineFailed(named, props.Name)
	runsWhenMade(pipeline, append(build.projects, named)...)
	if props.Source.Repository != nil {
		// Only the resource: the rule that starts the pipeline lives below the repository.
		pipeline.Node().DefaultChild().Node().AddDependency(props.Source.Repository.Resource)
	}
	return pipeline
}

// runsWhenMade lets the pipeline come after all that its first run needs, which
// starts the moment that it is made: the policies of its actions' roles, the
// projects with theirs, and the rules that tell of a failure.
// https://github.com/aws/aws-cdk/issues/38861
func runsWhenMade(pipeline awscodepipeline.Pipeline, needs ...constructs.IConstruct) {
	for _, child := range *pipeline.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if *child.Node().Id() == actionRole {
			needs = append(needs, child)
		}
	}
	for _, need := range needs {
		pipeline.Node().DefaultChild().Node().AddDependency(need)
	}
}

// imageBuild makes the build actions of a pipeline.
type imageBuild struct {
	*PipelineProps
	scope  constructs.Construct
	code   awscodepipeline.Artifact
	commit string
	// projects that were made.
	projects []constructs.IConstruct
}

// addParallel builds each platform on a machine of its own kind, side by side,
// and then joins the images.
func (b *imageBuild) addParallel(pipeline awscodepipeline.Pipeline) {
	builds := make([]awscodepipeline.IAction, 0, len(b.Platforms))
	digests := make([]string, 0, len(b.Platforms))
	for _, platform := range b.Platforms {
		built := b.action("Build-"+strings.TrimPrefix(platform, "linux/"), platform, buildOnly())
		builds = append(builds, built)
		digests = append(digests, *built.Variable(jsii.String(digestVariable)))
	}
	addStage(pipeline, "Build", builds...)
	release := b.action("Release", b.Platforms[0], releaseOnly(), "IMAGE_DIGESTS", strings.Join(digests, " "))
	addStage(pipeline, "Release", release)
}

// action makes a CodeBuild project and the action that runs it. more are
// further environment variables, names and values in turn.
func (b *imageBuild) action(id, platform string, spec awscodebuild.BuildSpec, more ...string) awscodepipelineactions.CodeBuildAction {
	image := awscodebuild.LinuxBuildImage_AMAZON_LINUX_2023_5()
	if strings.HasSuffix(platform, "/arm64") {
		image = awscodebuild.LinuxArmBuildImage_AMAZON_LINUX_2023_STANDARD_3_0()
	}
	project := awscodebuild.NewPipelineProject(b.scope, jsii.String(id), &awscodebuild.PipelineProjectProps{
		BuildSpec: spec,
		Environment: &awscodebuild.BuildEnvironment{
			BuildImage:  image,
			ComputeType: awscodebuild.ComputeType_SMALL,
			Privileged:  jsii.Bool(true), // a Docker daemon runs in the build
		},
		EnvironmentVariables: variables(
			"REPOSITORY_NAME", *b.Registry.RepositoryName(),
			"REPOSITORY_URI", *b.Registry.RepositoryUri(),
			"PLATFORM", platform,
			"CACHE_TAG", cacheTag,
			"BUILDKIT_IMAGE", b.BuildKitImage,
			"SCAN_THRESHOLD", b.ScanThreshold,
			"SOURCE_URL", b.Source.url(),
		),
		EncryptionKey:               b.Key,
		GrantReportGroupPermissions: jsii.Bool(false),
		Logging: &awscodebuild.LoggingOptions{CloudWatch: &awscodebuild.CloudWatchLoggingOptions{
			LogGroup: b.Logs.NewLogGroup(b.scope, id+"Logs"),
		}},
		Timeout: awscdk.Duration_Seconds(jsii.Number(buildTimeout)),
	})
	b.grant(project)
	b.Alerts.OnBuildFailed(project, b.Name)
	b.projects = append(b.projects, project)
	return awscodepipelineactions.NewCodeBuildAction(&awscodepipelineactions.CodeBuildActionProps{
		ActionName:           jsii.String(id),
		Project:              project,
		Input:                b.code,
		EnvironmentVariables: variables(append([]string{"REVISION", b.commit}, more...)...),
	})
}

// grant lets the build push to its own repository and read its scans.
func (b *imageBuild) grant(project awscodebuild.PipelineProject) {
	b.Registry.GrantPullPush(project)
	b.Registry.Grant(project, jsii.String("ecr:DescribeImageScanFindings"), jsii.String("ecr:StartImageScan"))
	// With Inspector's scanning, ECR answers with what the caller may list there.
	// These actions know no resource. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoninspector2.html
	project.AddToRolePolicy(Allow("ReadInspectorFindings", []string{"inspector2:ListCoverage", "inspector2:ListFindings"}, "*"))
}

func addStage(pipeline awscodepipeline.Pipeline, name string, actions ...awscodepipeline.IAction) {
	pipeline.AddStage(&awscodepipeline.StageOptions{StageName: jsii.String(name), Actions: &actions})
}

// variables are names and values in turn.
func variables(pairs ...string) *map[string]*awscodebuild.BuildEnvironmentVariable {
	made := make(map[string]*awscodebuild.BuildEnvironmentVariable, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		made[pairs[i]] = &awscodebuild.BuildEnvironmentVariable{Value: jsii.String(pairs[i+1])}
	}
	return &made
}

func (p *PipelineProps) validate() (problems []error) {
	if len(p.Platforms) == 0 {
		problems = append(problems, fmt.Errorf("pipeline %q needs at least one platform, such as linux/amd64", p.Name))
	}
	for i, platform := range p.Platforms {
		if !slices.Contains(platforms, platform) || slices.Contains(p.Platforms[:i], platform) {
			problems = append(problems, fmt.Errorf("pipeline %q: platforms must be of %s, each once, got %q", p.Name, strings.Join(platforms, " and "), platform))
		}
	}
	return append(problems, p.Source.validate()...)
}
