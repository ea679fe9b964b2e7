package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"gitops-eks/stacks/config"
)

// New defines the delivery, app and ci stacks and the stacks of the environments
// named in only. The first three are always those of all environments: narrowing
// a deployment to one of them must not take rights from the others.
func New(app awscdk.App, platform *config.Platform, only *config.Platform, paths Paths) {
	for key, value := range platform.Tags {
		awscdk.Tags_Of(app).Add(jsii.String(key), jsii.String(value), nil)
	}
	names := names{platform}
	delivery := newDelivery(app, names, paths)
	warnOfDrift(delivery.stack, platform, paths.Manifests)
	newApps(app, delivery, paths)
	newCI(app, delivery)
	for i := range only.Environments {
		environment := &environment{names: names, Environment: &only.Environments[i]}
		network := newNetwork(app, environment)
		cluster := newCluster(app, environment, network, paths)
		gitops := newGitOps(app, environment, cluster)
		if platform.Config.Source == config.ConfigSourceCodeCommit {
			// Flux can follow the config repository only once it is there.
			gitops.AddStackDependency(delivery.stack, nil)
		}
	}
}

// Paths are the folders and files that the stacks read.
type Paths struct {
	// Root is the folder of cdk.json, or one in it: the check of the config repository is built from the project.
	Root string
	// Manifests is the seed of the config repository.
	Manifests string
	// App is the seed of the first app's repository.
	App string
	// KubectlLayer is the layer with kubectl and helm.
	KubectlLayer string
}

// environment is one environment and the names that it shares with the others.
type environment struct {
	names
	*config.Environment
}

// newStack makes a stack. Its id is what `cdk deploy` takes; its name in the
// account has the platform's name in front.
func (e *environment) newStack(scope constructs.Construct, kind, description string) awscdk.Stack {
	return newStack(scope, e.names, e.Name+"-"+kind, &awscdk.StackProps{
		Env:         stackEnvironment(e.Account, e.Region),
		Description: jsii.String(description),
	})
}

func newStack(scope constructs.Construct, names names, id string, props *awscdk.StackProps) awscdk.Stack {
	props.StackName = jsii.String(names.platform.Name + "-" + id)
	stack := awscdk.NewStack(scope, jsii.String(id), props)
	// Strong, not the CDK's recommended weak ones. What is read here cannot change in place: subnets of nodes, a registry's
	// key, the handler that a custom resource asks. Read weakly, the reader keeps the old value without a word, or cannot
	// be repaired. https://github.com/aws/aws-cdk/issues/38829
	awscdk.CrossStackReferences_Of(stack).Consume(awscdk.ReferenceStrength_STRONG)
	return stack
}

// stackEnvironment is nil for "wherever the credentials point to".
func stackEnvironment(account, region string) *awscdk.Environment {
	if account == "" {
		return nil
	}
	return &awscdk.Environment{Account: jsii.String(account), Region: jsii.String(region)}
}

// removalPolicy keeps data, but not what a failed first deployment made: that
// would stand in the second one's way.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
func removalPolicy(policy config.RemovalPolicy) awscdk.RemovalPolicy {
	if policy == config.RemovalPolicyRetain {
		return awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
	}
	return awscdk.RemovalPolicy_DESTROY
}
