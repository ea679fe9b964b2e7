package constructs

import (
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipelineactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
)

const (
	// The names of the stage and the action that fetch the code.
	sourceStage      = "Source"
	sourceActionName = "Commit"
	// actionRole is the id that the CDK gives an action's role.
	actionRole = "CodePipelineActionRole"
)

// Source is where a pipeline takes its code from: a CodeCommit repository, or
// one behind a CodeConnections connection.
type Source struct {
	// Branch whose commits are built. Required.
	Branch string
	// Repository in CodeCommit. Either this or ConnectionARN is required.
	Repository *Repository
	// ConnectionARN, Owner and Name are the connection and the repository behind it.
	ConnectionARN, Owner, Name string
	// Paths are globs that a push must touch to start the pipeline. Default: every push does. Only with a connection.
	Paths []string
}

// sourceAction is a source in a pipeline.
type sourceAction struct {
	action awscodepipeline.IAction
	// commit is the pipeline's variable with the commit's full id.
	commit *string
	// trigger starts the pipeline, where the action does not do it itself.
	trigger *awscodepipeline.TriggerProps
}

func (s *Source) action(output awscodepipeline.Artifact) sourceAction {
	if s.Repository != nil {
		action := awscodepipelineactions.NewCodeCommitSourceAction(&awscodepipelineactions.CodeCommitSourceActionProps{
			ActionName: jsii.String(sourceActionName),
			Repository: s.Repository.Repository,
			Branch:     jsii.String(s.Branch),
			Trigger:    awscodepipelineactions.CodeCommitTrigger_EVENTS,
			Output:     output,
		})
		return sourceAction{action: action, commit: action.Variables().CommitId}
	}
	action := awscodepipelineactions.NewCodeStarConnectionsSourceAction(&awscodepipelineactions.CodeStarConnectionsSourceActionProps{
		ActionName:    jsii.String(sourceActionName),
		ConnectionArn: jsii.String(s.ConnectionARN),
		Owner:         jsii.String(s.Owner),
		Repo:          jsii.String(s.Name),
		Branch:        jsii.String(s.Branch),
		// The trigger below knows branches and paths; both would start the pipeline twice.
		TriggerOnPush: jsii.Bool(false),
		Output:        output,
	})
	filter := &awscodepipeline.GitPushFilter{BranchesIncludes: jsii.Strings(s.Branch)}
	if len(s.Paths) > 0 {
		filter.FilePathsIncludes = jsii.Strings(s.Paths...)
	}
	return sourceAction{action: action, commit: action.Variables().CommitId, trigger: &awscodepipeline.TriggerProps{
		ProviderType:     awscodepipeline.ProviderType_CODE_STAR_SOURCE_CONNECTION,
		GitConfiguration: &awscodepipeline.GitConfiguration{SourceAction: action, PushFilter: &[]*awscodepipeline.GitPushFilter{filter}},
	}}
}

// grantConnection grants the use of the connection under the service's new
// name; the CDK grants the old one, and AWS asks for either.
// https://docs.aws.amazon.com/dtconsole/latest/userguide/rename.html
func (s *Source) grantConnection(pipeline awscodepipeline.Pipeline) {
	role := pipeline.Node().FindChild(jsii.String(sourceStage)).Node().FindChild(jsii.String(sourceActionName)).Node().FindChild(jsii.String(actionRole)).(awsiam.Role)
	role.AddToPolicy(Allow("UseConnection", []string{"codeconnections:UseConnection"}, s.ConnectionARN))
}

// url names the source in the image's label.
func (s *Source) url() string {
	if s.Repository != nil {
		return *s.Repository.Repository.RepositoryCloneUrlHttp()
	}
	return s.Owner + "/" + s.Name // the connection does not say which host is behind it
}

func (s *Source) validate() (problems []error) {
	switch {
	case s.Branch == "":
		problems = append(problems, errors.New("a source needs a branch"))
	case (s.Repository == nil) == (s.ConnectionARN == ""):
		problems = append(problems, errors.New("a source is either a CodeCommit repository or a connection"))
	case s.Repository == nil && (s.Owner == "" || s.Name == ""):
		problems = append(problems, fmt.Errorf("the connection %s needs the owner and the name of a repository", s.ConnectionARN))
	case s.Repository != nil && len(s.Paths) > 0:
		problems = append(problems, errors.New("path filters work with a connection only"))
	}
	return problems
}
