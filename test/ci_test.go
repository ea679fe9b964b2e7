package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// githubIssuer signs the tokens of GitHub's workflows.
const githubIssuer = "token.actions.githubusercontent.com"

// workflowJobs are the jobs that may take each role, as their tokens end.
func workflowJobs(g config.GitHub) map[string]string {
	return map[string]string{
		"Diff":   "pull_request",
		"Deploy": "environment:" + g.Environment,
		"Drift":  "ref:refs/heads/" + g.Branch,
	}
}

// workflowRole is the role of a kind in the ci stack.
func workflowRole(t *testing.T, s *template, kind string) *resource {
	t.Helper()
	return s.at(t, "AWS::IAM::Role", "GitHub/"+kind)
}

// bootstrapRoles are the ARNs of some of the bootstrap's roles wherever the
// platform's stacks are.
func bootstrapRoles(p *config.Platform, kinds ...string) []string {
	var arns []string
	places := [][2]string{{p.Delivery.Account, p.Delivery.Region}}
	for _, e := range p.Environments {
		places = append(places, [2]string{e.Account, e.Region})
	}
	for _, at := range places {
		for _, kind := range kinds {
			arns = append(arns, fmt.Sprintf("arn:aws:iam::%s:role/cdk-hnb659fds-%s-role-%s-%s", at[0], kind, at[0], at[1]))
		}
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}

// Who does not ask for the stack gets none: it would trust a third party.
func TestNoCIStackWithoutARepository(t *testing.T) {
	for _, variant := range variants(t) {
		a := synth(t, variant)
		made := slices.ContainsFunc(a.stacks, func(s *template) bool { return s.name == "ci" })
		require.Equal(t, a.platform.GitHub.Repository != "", made, variant)
	}
}

// Each role is for one kind of job of one repository, by equality: a pattern
// would let in a repository, a branch or an environment that only looks alike.
func TestWorkflowRolesTrustOneKindOfJob(t *testing.T) {
	a := synth(t, "github")
	s := a.stack(t, "ci")
	jobs := workflowJobs(a.platform.GitHub)
	require.Len(t, s.all("AWS::IAM::Role"), len(jobs))
	for kind, job := range jobs {
		role := workflowRole(t, s, kind)
		trust := s.trust(role)
		require.Len(t, trust, 1, kind)
		require.Equal(t, "Allow", trust[0].effect)
		require.Equal(t, []string{"sts:AssumeRoleWithWebIdentity"}, trust[0].actions)
		require.Equal(t, []string{"Federated:${GitHub/Provider}"}, trust[0].principals)
		require.Equal(t, map[string]any{"StringEquals": map[string]any{
			githubIssuer + ":aud": "sts.amazonaws.com",
			githubIssuer + ":sub": "repo:" + a.platform.GitHub.Repository + ":" + job,
		}}, trust[0].condition, kind)
		require.EqualValues(t, 3600, role.get("MaxSessionDuration"), kind)
		require.Equal(t, a.platform.Name+"-github-"+strings.ToLower(kind), role.get("RoleName"))
		require.Empty(t, s.managedPolicies(role), kind)
	}
}

// The provider is CloudFormation's own resource, without a function behind it.
func TestCIStackMakesTheProvider(t *testing.T) {
	s := synth(t, "github").stack(t, "ci")
	provider := s.one(t, "AWS::IAM::OIDCProvider")
	require.Equal(t, "https://"+githubIssuer, provider.get("Url"))
	require.Equal(t, []string{"sts.amazonaws.com"}, texts(provider.get("ClientIdList")))
	require.Empty(t, s.all("AWS::Lambda::Function"))
}

// An account can have only one provider for GitHub: where it has, it is used.
func TestCIStackTakesAnExistingProvider(t *testing.T) {
	const arn = "arn:aws:iam::111111111111:oidc-provider/" + githubIssuer
	platform := edited(t, "github", func(p *config.Platform) { p.GitHub.OIDCProviderARN = arn })
	s := synthesize(t, platform, platform).stack(t, "ci")
	require.Empty(t, s.all("AWS::IAM::OIDCProvider"))
	for kind := range workflowJobs(platform.GitHub) {
		require.Equal(t, []string{"Federated:" + arn}, s.trust(workflowRole(t, s, kind))[0].principals, kind)
	}
}

// A pull request may read and look up, and that through a role that the
// bootstrap made for it. It can write nothing, because it can become nobody who can.
func TestDiffRoleOnlyLooksUp(t *testing.T) {
	a := synth(t, "github")
	s := a.stack(t, "ci")
	permissions := s.permissions(workflowRole(t, s, "Diff"))
	require.Len(t, permissions, 1)
	require.Equal(t, []string{"sts:AssumeRole"}, permissions[0].actions)
	require.Equal(t, bootstrapRoles(a.platform, "lookup"), permissions[0].resources)
}

// What deploys is CloudFormation, with the role that the bootstrap gave it; the
// workflow only asks, in every account and Region that has a stack.
func TestDeployRoleOnlyTakesBootstrapRoles(t *testing.T) {
	a := synth(t, "github")
	s := a.stack(t, "ci")
	permissions := s.permissions(workflowRole(t, s, "Deploy"))
	require.Len(t, permissions, 1)
	require.Equal(t, []string{"sts:AssumeRole"}, permissions[0].actions)
	require.Equal(t, bootstrapRoles(a.platform, "deploy", "file-publishing", "lookup"), permissions[0].resources)
}

// The nightly look at all accounts tells the same people as a failed build.
func TestDriftRoleLooksUpAndTells(t *testing.T) {
	a := synth(t, "github")
	s := a.stack(t, "ci")
	permissions := s.permissions(workflowRole(t, s, "Drift"))
	require.Len(t, permissions, 3)
	for _, one := range permissions {
		switch one.actions[0] {
		case "sts:AssumeRole":
			require.Equal(t, bootstrapRoles(a.platform, "lookup"), one.resources)
		case "sns:Publish":
			require.Equal(t, "AWS::SNS::Topic", originOf(t, a, s, one))
		case "kms:Decrypt": // the topic is encrypted
			require.Equal(t, []string{"kms:Decrypt", "kms:GenerateDataKey*"}, one.actions)
			require.Equal(t, "AWS::KMS::Key", originOf(t, a, s, one))
		default:
			require.Fail(t, "the drift role may do more than it has to", one.actions)
		}
	}
}

// originOf is the type of the one resource, in the delivery stack, that a
// statement is about.
func originOf(t *testing.T, a *assembly, s *template, one statement) string {
	t.Helper()
	require.Len(t, one.resources, 1)
	var value any
	s.object(t, one.resources[0], &value)
	from, r := a.origin(t, value)
	require.Equal(t, "delivery", from.name)
	return r.kind
}

// What the workflows have to be told is in the outputs.
func TestWorkflowsCanBeToldWhatTheyNeed(t *testing.T) {
	a := synth(t, "github")
	s, delivery := a.stack(t, "ci"), a.stack(t, "delivery")
	for kind := range workflowJobs(a.platform.GitHub) {
		require.True(t, refersTo(dig(s.body, "Outputs", kind+"RoleArn", "Value"), workflowRole(t, s, kind)), kind)
	}
	require.True(t, refersTo(dig(delivery.body, "Outputs", "AlertTopicArn", "Value"), delivery.one(t, "AWS::SNS::Topic")))
}

// With accounts and Regions left open, the roles are those of the account that
// the stack is deployed to, and not of one that nobody named.
func TestCIStackWorksInAnOpenAccount(t *testing.T) {
	platform := edited(t, "default", func(p *config.Platform) { p.GitHub.Repository = "acme/platform" })
	s := synthesize(t, platform, platform).stack(t, "ci")
	permissions := s.permissions(workflowRole(t, s, "Diff"))
	require.Equal(t, []string{"arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-hnb659fds-lookup-role-${AWS::AccountId}-${AWS::Region}"}, permissions[0].resources)
	require.Equal(t, "repo:acme/platform:pull_request", dig(s.trust(workflowRole(t, s, "Diff"))[0].condition, "StringEquals", githubIssuer+":sub"))
}

// Narrowing a deployment to one environment takes no account from the workflows.
func TestCIStackIsThatOfAllEnvironments(t *testing.T) {
	all := synth(t, "github")
	only, err := all.platform.Select("dev")
	require.NoError(t, err)
	requireSame(t, all.stack(t, "ci"), synthesize(t, all.platform, only).stack(t, "ci"))
}

// A hundred accounts are more than one policy holds: no policy is longer than
// IAM takes, and no account is left out.
func TestCIStackHoldsEveryAccount(t *testing.T) {
	platform := edited(t, "github", func(p *config.Platform) {
		for i := len(p.Environments); i < 100; i++ {
			p.Environments = append(p.Environments, config.Environment{
				Name: fmt.Sprintf("env-%d", i), Account: fmt.Sprintf("3%011d", i), Region: "ap-southeast-2",
			})
		}
	})
	only, err := platform.Select("dev")
	require.NoError(t, err)
	s := synthesize(t, platform, only).stack(t, "ci")
	for kind, size := range map[string]int{"AWS::IAM::Policy": 10240, "AWS::IAM::ManagedPolicy": 6144} {
		for _, policy := range s.all(kind) {
			require.LessOrEqual(t, len(text(policy.get("PolicyDocument"))), size, policy.path)
		}
	}
	var taken []string
	for _, one := range s.permissions(workflowRole(t, s, "Deploy")) {
		taken = append(taken, one.resources...)
	}
	require.ElementsMatch(t, bootstrapRoles(platform, "deploy", "file-publishing", "lookup"), taken)
}
