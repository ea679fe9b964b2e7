package constructs

import (
	"errors"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

const (
	// githubIssuer signs the tokens of GitHub's workflows.
	githubIssuer = "token.actions.githubusercontent.com"
	// githubAudience is what the action configure-aws-credentials asks for.
	githubAudience = "sts.amazonaws.com"
	// githubSessionHours is the shortest that IAM takes as a role's maximum. A
	// role taken from here ends after an hour anyway: that is role chaining's limit.
	githubSessionHours = 1
)

// GitHubProps configures [NewGitHub].
type GitHubProps struct {
	// Repository as GitHub's tokens name it: owner/name or owner@id/name@id. Required.
	Repository string
	// ProviderARN is the account's OIDC provider for GitHub, of which there can be
	// only one. Default: it is made here.
	ProviderARN string
}

// GitHub is the trust in the workflows of one GitHub repository: they sign in
// with a token that GitHub signs for each job, and no key is stored anywhere.
type GitHub struct {
	scope                constructs.Construct
	repository, provider string
}

// NewGitHub makes the provider, unless there is one.
func NewGitHub(scope constructs.Construct, id string, props *GitHubProps) *GitHub {
	must(scope, id, props.validate()...)
	this := &GitHub{
		scope:      constructs.NewConstruct(scope, jsii.String(id)),
		repository: props.Repository, provider: props.ProviderARN,
	}
	if this.provider == "" {
		// No thumbprint: IAM trusts the authority behind GitHub's certificate by itself.
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
		this.provider = *awsiam.NewOidcProviderNative(this.scope, jsii.String("Provider"), &awsiam.OidcProviderNativeProps{
			Url:       jsii.String("https://" + githubIssuer),
			ClientIds: jsii.Strings(githubAudience),
		}).OidcProviderArn()
	}
	return this
}

// GitHubRoleProps configures [GitHub.NewRole].
type GitHubRoleProps struct {
	// Name and Description of the role. Required.
	Name, Description string
	// Jobs that may take the role. Required.
	Jobs GitHubJobs
	// Statements are the permissions. Required.
	Statements []awsiam.PolicyStatement
}

// GitHubJobs are jobs of the repository's workflows, as the end of the subject
// in their tokens.
type GitHubJobs string

// PullRequestJobs are those that run for a pull request and name no
// environment. GitHub gives none of them a token when the pull request comes
// from a fork.
const PullRequestJobs GitHubJobs = "pull_request"

// BranchJobs are those that run for a branch and name no environment.
func BranchJobs(branch string) GitHubJobs { return GitHubJobs("ref:refs/heads/" + branch) }

// EnvironmentJobs are those that name a GitHub environment, from whatever
// branch that environment admits.
func EnvironmentJobs(environment string) GitHubJobs { return GitHubJobs("environment:" + environment) }

// NewRole makes a role for some of the repository's jobs.
func (g *GitHub) NewRole(id string, props *GitHubRoleProps) awsiam.Role {
	role := awsiam.NewRole(g.scope, jsii.String(id), &awsiam.RoleProps{
		RoleName:    jsii.String(props.Name),
		Description: jsii.String(props.Description),
		AssumedBy: awsiam.NewWebIdentityPrincipal(jsii.String(g.provider), &map[string]any{
			// Equal, not like: with a pattern, a name that only begins the same would do.
			"StringEquals": map[string]any{
				githubIssuer + ":aud": githubAudience,
				githubIssuer + ":sub": "repo:" + g.repository + ":" + string(props.Jobs),
			},
		}),
		MaxSessionDuration: awscdk.Duration_Hours(jsii.Number(githubSessionHours)),
	})
	for _, statement := range props.Statements {
		role.AddToPolicy(statement)
	}
	return role
}

func (p *GitHubProps) validate() (problems []error) {
	if p.Repository == "" {
		problems = append(problems, errors.New("the repository is missing, want owner/name as GitHub's tokens have it; name it"))
	}
	return problems
}
