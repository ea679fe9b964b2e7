package constructs

import (
	_ "embed"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

//go:embed scripts/check.sh
var checkScript string

const (
	// checkTimeout is three times what the build of the program takes.
	checkTimeout = 20 * 60
	// programSource is the second source of the check's builds; its folder is in CODEBUILD_SRC_DIR_PROGRAM.
	programSource = "PROGRAM"
	// noPullRequest is the value of PULL_REQUEST in the build of a branch.
	noPullRequest = "none"
)

// ConfigCheckProps configures [NewConfigCheck].
type ConfigCheckProps struct {
	// Repository that is checked. Required.
	Repository *Repository
	// Branches whose commits are checked, besides pull requests. Required.
	Branches []string
	// Program is the folder with the source of the check, as make check has it. Required.
	Program string
	// GoProxy is where the build fetches the program's Go modules. Required.
	GoProxy string
	// Key encrypts what CodeBuild writes. Required.
	Key awskms.IKey
	// Logs of the builds. Required.
	Logs Logs
	// Alerts report a branch that does not pass. Required.
	Alerts *Alerts
}

// NewConfigCheck makes a build that reviews each pull request to a CodeCommit
// repository, and each commit to its branches. It can read the repository and
// comment on its pull requests, and nothing else: an approval of its own would
// count as that of a reviewer.
// https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-review-pull-request.html
func NewConfigCheck(scope constructs.Construct, id string, props *ConfigCheckProps) awscodebuild.Project {
	this := constructs.NewConstruct(scope, jsii.String(id))
	repository := props.Repository.Repository
	program := awss3assets.NewAsset(this, jsii.String("Program"), &awss3assets.AssetProps{Path: jsii.String(props.Program)})
	project := awscodebuild.NewProject(this, jsii.String("Build"), &awscodebuild.ProjectProps{
		Description: jsii.String("Checks " + *repository.RepositoryName()),
		Source:      awscodebuild.Source_CodeCommit(&awscodebuild.CodeCommitSourceProps{Repository: repository}),
		SecondarySources: &[]awscodebuild.ISource{awscodebuild.Source_S3(&awscodebuild.S3SourceProps{
			Identifier: jsii.String(programSource), Bucket: program.Bucket(), Path: program.S3ObjectKey(),
		})},
		// From here, and not from the repository: a pull request has no say in how it is checked.
		BuildSpec: awscodebuild.BuildSpec_FromObject(&map[string]any{
			"version": "0.2",
			"env":     map[string]any{"shell": "bash"},
			"phases": map[string]any{
				"install": map[string]any{"runtime-versions": map[string]any{"golang": "latest"}, "commands": []string{"go version"}},
				"build":   map[string]any{"commands": []string{script(checkScript)}},
			},
		}),
		Environment: &awscodebuild.BuildEnvironment{
			BuildImage: awscodebuild.LinuxBuildImage_AMAZON_LINUX_2023_5(), ComputeType: awscodebuild.ComputeType_SMALL,
		},
		EnvironmentVariables: variables(
			"REPOSITORY_NAME", *repository.RepositoryName(), "GOPROXY", props.GoProxy,
			"PULL_REQUEST", noPullRequest, "DESTINATION_COMMIT", noPullRequest,
		),
		EncryptionKey:               props.Key,
		GrantReportGroupPermissions: jsii.Bool(false),
		Logging: &awscodebuild.LoggingOptions{CloudWatch: &awscodebuild.CloudWatchLoggingOptions{
			LogGroup: props.Logs.NewLogGroup(this, "BuildLogs"),
		}},
		Timeout: awscdk.Duration_Seconds(jsii.Number(checkTimeout)),
	})
	project.AddToRolePolicy(Allow("Comment", []string{"codecommit:PostCommentForPullRequest"}, *repository.RepositoryArn()))
	props.Alerts.OnCheckFailed(project, *repository.RepositoryName())

	// https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html
	pulls := repository.OnPullRequestStateChange(jsii.String("CheckPullRequests"), &awsevents.OnEventOptions{
		EventPattern: &awsevents.EventPattern{Detail: &map[string]any{
			"event": jsii.Strings("pullRequestCreated", "pullRequestSourceBranchUpdated"),
		}},
		Target: starts(project, "$.detail.sourceCommit", "PULL_REQUEST", "$.detail.pullRequestId", "DESTINATION_COMMIT", "$.detail.destinationCommit"),
	})
	branches := repository.OnStateChange(jsii.String("CheckBranches"), &awsevents.OnEventOptions{
		EventPattern: &awsevents.EventPattern{Detail: &map[string]any{
			"event": jsii.Strings("referenceUpdated"), "referenceType": jsii.Strings("branch"), "referenceName": jsii.Strings(props.Branches...),
		}},
		Target: starts(project, "$.detail.commitId"),
	})
	for _, rule := range []awsevents.Rule{pulls, branches} {
		rule.Node().AddDependency(props.Repository.Resource) // whose first commit is the seed, which is checked before it is deployed
	}
	return project
}

// starts is a target that builds the commit in a field of the event; more are
// variables of the build and their fields in turn.
func starts(project awscodebuild.IProject, commit string, more ...string) awsevents.IRuleTarget {
	request := map[string]any{"sourceVersion": field(commit)}
	var overrides []map[string]any
	for i := 0; i+1 < len(more); i += 2 {
		overrides = append(overrides, map[string]any{"name": more[i], "value": field(more[i+1]), "type": "PLAINTEXT"})
	}
	if len(overrides) > 0 {
		request["environmentVariablesOverride"] = overrides
	}
	return awseventstargets.NewCodeBuildProject(project, &awseventstargets.CodeBuildProjectProps{Event: awsevents.RuleTargetInput_FromObject(request)})
}
