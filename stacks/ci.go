package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	gitops "gitops-eks/constructs"
)

// newCI defines the stack with the roles of the workflows in .github/workflows.
// In the accounts that are deployed to, they have no right of their own: they
// take the roles that `cdk bootstrap` made there, as the CDK's command line
// does. So one stack beside delivery is enough for all accounts, and nothing in
// it can reach a cluster.
func newCI(scope constructs.Construct, d *delivery) {
	settings := d.platform.GitHub
	if settings.Repository == "" {
		return
	}
	stack := newStack(scope, d.names, "ci", &awscdk.StackProps{
		Env:         stackEnvironment(d.platform.Delivery.Account, d.platform.Delivery.Region),
		Description: jsii.String("Roles of the GitHub workflows of " + d.platform.Name),
	})
	lookup := d.bootstrapRoles(stack, awscdk.DefaultStackSynthesizer_DEFAULT_LOOKUP_ROLE_ARN())
	deploy := slices.Concat(lookup,
		d.bootstrapRoles(stack, awscdk.DefaultStackSynthesizer_DEFAULT_DEPLOY_ROLE_ARN()),
		d.bootstrapRoles(stack, awscdk.DefaultStackSynthesizer_DEFAULT_FILE_ASSET_PUBLISHING_ROLE_ARN()))

	github := gitops.NewGitHub(stack, "GitHub", &gitops.GitHubProps{
		Repository: settings.Repository, ProviderARN: settings.OIDCProviderARN,
	})
	role := func(id, kind, description string, jobs gitops.GitHubJobs, take []string) awsiam.Role {
		made := github.NewRole(id, &gitops.GitHubRoleProps{
			Name: d.workflowRole(kind), Description: description, Jobs: jobs,
			Statements: takeRoles(take),
		})
		output(stack, id+"RoleArn", made.RoleArn())
		return made
	}
	role("Diff", "diff", "Compares pull requests with what is deployed", gitops.PullRequestJobs, lookup)
	role("Deploy", "deploy", "Deploys the default branch", gitops.EnvironmentJobs(settings.Environment), deploy)
	drift := role("Drift", "drift", "Looks each night for what was changed by hand", gitops.BranchJobs(settings.Branch), lookup)
	d.alerts.Topic.GrantPublish(drift)
	output(d.stack, "AlertTopicArn", d.alerts.Topic.TopicArn())
}

// workflowRole has an explicit name: GitHub holds the role's ARN in a variable.
func (n names) workflowRole(kind string) string { return n.platform.Name + "-github-" + kind }

// bootstrapRoles are the ARNs of one of the bootstrap's roles in every account
// and Region that the platform's stacks are in. pattern is how the CDK names it.
func (n names) bootstrapRoles(stack awscdk.Stack, pattern *string) []string {
	places := []place{n.deliveryPlace(stack)}
	for _, e := range n.platform.Environments {
		at := places[0]
		if e.Account != "" {
			at.account, at.region = e.Account, e.Region
		}
		if !slices.Contains(places, at) {
			places = append(places, at)
		}
	}
	arns := make([]string, len(places))
	for i, at := range places {
		arns[i] = strings.NewReplacer(
			"${AWS::Partition}", at.partition, "${AWS::AccountId}", at.account, "${AWS::Region}", at.region,
			"${Qualifier}", *stack.Synthesizer().BootstrapQualifier(),
		).Replace(*pattern)
	}
	return arns
}

// takeRoles allows to take roles.
func takeRoles(arns []string) []awsiam.PolicyStatement {
	return allowEach("TakeBootstrapRoles", []string{"sts:AssumeRole"}, arns)
}

// allowEach allows the actions on resources, a few in a statement: where one
// policy is too small for a role's statements, the CDK makes more, but it does
// not split a statement. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func allowEach(sid string, actions, arns []string) (statements []awsiam.PolicyStatement) {
	const few = 45 // of at most 120 characters each, in 6144 of a managed policy
	for some := range slices.Chunk(arns, few) {
		statements = append(statements, gitops.Allow(fmt.Sprintf("%s%d", sid, len(statements)+1), actions, some...))
	}
	return statements
}

func output(stack awscdk.Stack, id string, value *string) {
	awscdk.NewCfnOutput(stack, jsii.String(id), &awscdk.CfnOutputProps{Value: value})
}
