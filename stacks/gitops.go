package stacks

import (
	"path"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	gitops "gitops-eks/constructs"
	"gitops-eks/stacks/config"
)

// TenantsPath is the folder of the config repository with namespaces, service
// accounts and their rights; the environments share it.
const TenantsPath = "tenants"

// newGitOps defines the stack that puts Flux into the cluster and points it at
// the config repository.
func newGitOps(scope constructs.Construct, e *environment, cluster *gitops.Cluster) awscdk.Stack {
	stack := e.newStack(scope, "gitops", "Flux on "+e.cluster(e.Name))
	at := e.deliveryPlace(stack)
	flux := gitops.NewFlux(stack, "Flux", &gitops.FluxProps{
		Cluster:         cluster.Cluster,
		OperatorVersion: config.FluxOperatorVersion,
		Version:         e.Flux.Version,
		Size:            string(e.Flux.Size),
		Registry:        e.Flux.RegistryMirror,
		Helm:            e.Flux.Helm,
		Identities:      newIdentities(stack, e, cluster, at),
	})
	gitops.NewSync(stack, "Sync", &gitops.SyncProps{
		Cluster:      cluster.Cluster,
		Flux:         flux,
		Source:       e.source(at),
		TenantsPath:  TenantsPath,
		PlatformPath: e.Flux.Path,
		Interval:     time.Duration(e.Flux.IntervalSeconds) * time.Second,
		Facts:        e.facts(stack, at),
	})
	return stack
}

func (e *environment) source(at place) gitops.GitSource {
	source := gitops.GitSource{Branch: e.Flux.Branch, VerifySecretName: e.Flux.VerifySecretName}
	if e.platform.Config.Source == config.ConfigSourceCodeCommit {
		source.URL = at.codeCommitURL(e.configRepository())
		source.Provider = "aws"
		return source
	}
	source.URL = e.platform.Config.URL
	source.Provider = string(e.platform.Config.Provider)
	source.SecretName = e.platform.Config.SecretName
	return source
}

// facts are what manifests may substitute; manifests/README.md lists them.
func (e *environment) facts(stack awscdk.Stack, at place) map[string]string {
	return map[string]string{
		"environment":    e.Name,
		"cluster_name":   e.cluster(e.Name),
		"aws_region":     *stack.Region(),
		"aws_account_id": *stack.Account(),
		"registry":       at.registry(),
		"image_prefix":   path.Dir(at.registry() + "/" + e.imageRepository("app")),
		"config_branch":  e.Flux.Branch,
		"alert_type":     e.Flux.Alerts.Type,
		"alert_secret":   e.Flux.Alerts.SecretName,
	}
}

// newIdentities gives each Flux controller what it needs in AWS and no more.
func newIdentities(stack awscdk.Stack, e *environment, cluster *gitops.Cluster, at place) []*gitops.PodIdentity {
	identity := func(scope constructs.Construct, controller string, statements ...awsiam.PolicyStatement) *gitops.PodIdentity {
		return gitops.NewPodIdentity(scope, controller, &gitops.PodIdentityProps{
			Cluster: cluster.Cluster, Namespace: gitops.FluxNamespace, ServiceAccount: controller, Statements: statements,
		})
	}
	images := make([]string, 0, len(e.platform.Apps))
	for _, app := range e.platform.Apps {
		images = append(images, at.arn("ecr", "repository/"+e.imageRepository(app.Name)))
	}
	identities := []*gitops.PodIdentity{
		identity(stack, gitops.ImageReflectorController, slices.Concat(
			// The log-in to the registry knows no resource.
			[]awsiam.PolicyStatement{gitops.Allow("LogIn", []string{"ecr:GetAuthorizationToken"}, "*")},
			allowEach("ReadImages", gitops.ReadImages, images))...),
		// In the key's stack, since its policy names the key.
		identity(awscdk.Stack_Of(cluster.Cluster), gitops.KustomizeController,
			gitops.Allow("DecryptSecretsInGit", []string{"kms:Decrypt"}, *cluster.Key.KeyArn())),
	}
	for _, access := range configAccesses(e.names, e.Environment, at) {
		identities = append(identities, access.identity(stack, e, cluster))
	}
	return identities
}
