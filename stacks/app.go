package stacks

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	gitops "gitops-eks/constructs"
	"gitops-eks/stacks/config"
)

// newApps defines a stack for each app, so that no number of apps meets
// CloudFormation's limit of 500 resources in one. The first app starts as the sample.
func newApps(scope constructs.Construct, d *delivery, paths Paths) {
	for i := range d.platform.Apps {
		seed := ""
		if i == 0 {
			seed = paths.App
		}
		newApp(scope, d, &d.platform.Apps[i], seed)
	}
}

// newApp defines the stack of an app: its repository, unless a connection leads
// to one elsewhere, its registry and its pipeline.
func newApp(scope constructs.Construct, d *delivery, app *config.App, seed string) {
	settings := d.platform.Delivery
	stack := newStack(scope, d.names, d.appStack(app.Name), &awscdk.StackProps{
		Env:         stackEnvironment(settings.Account, settings.Region),
		Description: jsii.String("Code, images and pipeline of " + app.Name),
	})
	source := gitops.Source{
		Branch: app.Source.Branch, ConnectionARN: app.Source.ConnectionARN,
		Owner: app.Source.Owner, Name: app.Source.Repository, Paths: app.Source.Paths,
	}
	if app.Source.Type == config.AppSourceCodeCommit {
		source.Repository = gitops.NewRepository(stack, "Code", &gitops.RepositoryProps{
			Name:          d.appRepository(app.Name),
			Description:   "The code of " + app.Name,
			SeedDir:       seed,
			SeedBranch:    app.Source.Branch,
			RemovalPolicy: d.removal,
		})
		outputClone(stack, "CloneCode", d.deliveryPlace(stack).codeCommitURL(d.appRepository(app.Name)))
	}
	registry := gitops.NewRegistry(stack, "Images", &gitops.RegistryProps{
		Name:          d.imageRepository(app.Name),
		KeepImages:    app.KeepImages,
		Key:           d.key,
		PullAccounts:  d.otherAccounts(),
		RemovalPolicy: d.removal,
	})
	platforms := make([]string, len(app.Platforms))
	for i, platform := range app.Platforms {
		platforms[i] = string(platform)
	}
	gitops.NewPipeline(stack, "Delivery", &gitops.PipelineProps{
		Name:          d.pipeline(app.Name),
		Source:        source,
		Registry:      registry,
		Platforms:     platforms,
		ScanThreshold: string(app.ScanThreshold),
		BuildKitImage: settings.BuildKitImage,
		Artifacts:     d.artifacts,
		Key:           d.key,
		Logs:          d.logs,
		Alerts:        d.alerts,
	})
}

// otherAccounts are those of environments that live in another account.
func (d *delivery) otherAccounts() []string {
	return slices.DeleteFunc(slices.Clone(d.platform.Accounts()), func(account string) bool {
		return account == d.platform.Delivery.Account
	})
}
