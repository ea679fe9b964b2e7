package constructs

import (
	_ "embed"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

//go:embed handlers/branch.js
var branchHandler string

// approvals that a pull request needs, of others than its author.
const approvals = 1

// BranchesProps configures [NewBranches].
type BranchesProps struct {
	// Repository whose branches they are. Required.
	Repository *Repository
	// From is the branch that they begin at. Required.
	From string
	// Branches to make where they do not exist. Required.
	Branches []string
	// Protected are those of them whose pull requests need an approval. None by default.
	Protected []string
	// Logs is the group that the handler writes to. Required.
	Logs awslogs.ILogGroup
}

// NewBranches makes branches of a CodeCommit repository and asks for approvals
// of the pull requests to them. CloudFormation has no resource for either.
// Branches stay when they are removed here.
func NewBranches(scope constructs.Construct, id string, props *BranchesProps) {
	this := constructs.NewConstruct(scope, jsii.String(id))
	repository := props.Repository.Repository
	statements := []awsiam.PolicyStatement{Allow("MakeBranches", []string{"codecommit:GetBranch", "codecommit:CreateBranch"}, *repository.RepositoryArn())}
	if len(props.Protected) > 0 {
		statements = append(statements,
			Allow("AskForApprovals", []string{"codecommit:AssociateApprovalRuleTemplateWithRepository"}, *repository.RepositoryArn()),
			// CodeCommit knows no resource for these.
			// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodecommit.html
			Allow("KeepTheRule", []string{
				"codecommit:CreateApprovalRuleTemplate", "codecommit:UpdateApprovalRuleTemplateContent", "codecommit:DeleteApprovalRuleTemplate",
			}, "*"))
	}
	maker := newHandler(this, "Handler", &handlerProps{
		Description: "Makes branches of " + *repository.RepositoryName(),
		Code:        branchHandler,
		Statements:  statements,
		Logs:        props.Logs,
	})
	resource := func(id, kind string, properties map[string]any) {
		properties["RepositoryName"] = *repository.RepositoryName()
		maker.resource(this, id, kind, properties).Node().AddDependency(props.Repository.Resource)
	}
	for _, branch := range props.Branches {
		resource(branch, "Custom::Branch", map[string]any{"BranchName": branch, "From": props.From})
	}
	if len(props.Protected) > 0 {
		resource("Approvals", "Custom::ApprovalRuleTemplate", map[string]any{"Branches": props.Protected, "Approvals": approvals})
	}
}

// NewPushGuard makes a policy that denies whoever has it to change the branches
// other than by pull request. No one has it at first.
// https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-conditional-branch.html
func NewPushGuard(scope constructs.Construct, id string, repository *Repository, branches []string) awsiam.ManagedPolicy {
	references := make([]any, len(branches))
	for i, branch := range branches {
		references[i] = "refs/heads/" + branch
	}
	return awsiam.NewManagedPolicy(scope, jsii.String(id), &awsiam.ManagedPolicyProps{
		Description: jsii.String("Denies to change branches of " + *repository.Repository.RepositoryName() + " other than by pull request"),
		Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:    jsii.String("OnlyByPullRequest"),
			Effect: awsiam.Effect_DENY,
			Actions: jsii.Strings("codecommit:GitPush", "codecommit:DeleteBranch", "codecommit:PutFile", "codecommit:DeleteFile",
				"codecommit:CreateCommit", "codecommit:MergeBranchesByFastForward", "codecommit:MergeBranchesBySquash",
				"codecommit:MergeBranchesByThreeWay"),
			Resources: jsii.Strings(*repository.Repository.RepositoryArn()),
			Conditions: &map[string]any{
				"StringEqualsIfExists": map[string]any{"codecommit:References": references},
				// A push that only negotiates names none.
				"Null": map[string]any{"codecommit:References": "false"},
			},
		})},
	})
}
