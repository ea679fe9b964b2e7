package stacks

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	gitops "gitops-eks/constructs"
	"gitops-eks/stacks/config"
)

// delivery is what the pipelines of the apps share.
type delivery struct {
	names
	stack     awscdk.Stack
	key       awskms.Key
	artifacts awss3.Bucket
	alerts    *gitops.Alerts
	removal   awscdk.RemovalPolicy
	logs      gitops.Logs
}

// newDelivery defines the stack with the config repository and what the apps'
// pipelines share. It needs no cluster, and nothing in it can reach one.
func newDelivery(scope constructs.Construct, n names, paths Paths) *delivery {
	settings := n.platform.Delivery
	removal := removalPolicy(settings.RemovalPolicy)
	stack := newStack(scope, n, "delivery", &awscdk.StackProps{
		Env:         stackEnvironment(settings.Account, settings.Region),
		Description: jsii.String("Config repository, key and alerts of " + n.platform.Name),
	})
	key := gitops.NewKey(stack, "Key", n.platform.Name+"-delivery", "Images, artifacts and alerts of "+n.platform.Name, removal)
	d := &delivery{
		names: n, stack: stack, key: key, removal: removal,
		artifacts: gitops.NewArtifacts(stack, "Artifacts", key, removal),
		alerts:    gitops.NewAlerts(stack, "Alerts", &gitops.AlertsProps{Key: key, Emails: settings.AlertEmails}),
		logs:      gitops.Logs{RetentionDays: settings.LogRetentionDays, RemovalPolicy: removal},
	}
	d.addConfigRepository(paths)
	if removal == awscdk.RemovalPolicy_DESTROY {
		// The handler that empties the buckets; there is none when they stay.
		gitops.OwnProviderLogs(stack, d.logs.NewLogGroup(stack, "Handlers"))
	}
	return d
}

func (d *delivery) addConfigRepository(paths Paths) {
	if d.platform.Config.Source != config.ConfigSourceCodeCommit {
		return
	}
	repository := gitops.NewRepository(d.stack, "Config", &gitops.RepositoryProps{
		Name:          d.configRepository(),
		Description:   "The desired state of the clusters of " + d.platform.Name + "; Flux follows it",
		SeedDir:       paths.Manifests,
		SeedBranch:    d.platform.Environments[0].Flux.Branch,
		RemovalPolicy: d.removal,
	})
	d.addBranches(repository)
	d.addConfigCheck(repository, paths.Root)
	at := d.deliveryPlace(d.stack)
	outputClone(d.stack, "CloneConfig", at.codeCommitURL(d.configRepository()))
	for i := range d.platform.Environments {
		e := &d.platform.Environments[i]
		if !d.otherAccount(e) {
			continue
		}
		for _, access := range configAccesses(d.names, e, at) {
			access.newTargetRole(d.stack, d.names, e, at)
		}
	}
}

// outputClone prints the command that clones a repository of CodeCommit as the
// caller's role. Git holds no password of it: the AWS command line makes one for
// each access, and needs the whole path for that. The clone remembers both, so
// that pull and push work as well. The empty helper leaves out those of the
// machine, which would keep the first password beyond its 15 minutes.
// https://docs.aws.amazon.com/codecommit/latest/userguide/setting-up-https-unixes.html
// https://git-scm.com/docs/gitcredentials#Documentation/gitcredentials.txt-helper
func outputClone(stack awscdk.Stack, id, url string) {
	awscdk.NewCfnOutput(stack, jsii.String(id), &awscdk.CfnOutputProps{
		Description: jsii.String("Clones the repository, with git and the AWS command line"),
		Value: jsii.String("git clone -c credential.helper= -c credential.helper='!aws codecommit credential-helper $@' " +
			"-c credential.UseHttpPath=true " + url),
	})
}

// addBranches makes the branches that environments follow, beside the one of
// the first commit, and what keeps changes to pull requests where no Flux commits.
func (d *delivery) addBranches(repository *gitops.Repository) {
	first, others := d.platform.Branches()[0], d.platform.Branches()[1:]
	if len(others) == 0 {
		return
	}
	protected := slices.DeleteFunc(slices.Clone(others), func(branch string) bool { return !d.platform.Protected(branch) })
	gitops.NewBranches(d.stack, "Branches", &gitops.BranchesProps{
		Repository: repository, From: first, Branches: others, Protected: protected,
		Logs: d.logs.NewLogGroup(d.stack, "BranchesLogs"),
	})
	if len(protected) > 0 {
		policy := gitops.NewPushGuard(d.stack, "OnlyByPullRequest", repository, protected)
		awscdk.NewCfnOutput(d.stack, jsii.String("OnlyByPullRequestPolicyArn"), &awscdk.CfnOutputProps{
			Description: jsii.Sprintf("Attach it to whoever may push to %s, but to %s only by pull request", d.configRepository(), strings.Join(protected, ", ")),
			Value:       policy.ManagedPolicyArn(),
		})
	}
}
