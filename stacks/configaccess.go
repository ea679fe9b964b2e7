package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	gitops "gitops-eks/constructs"
	"gitops-eks/stacks/config"
)

// configAccess is what one Flux controller of an environment may do with the
// config repository in CodeCommit.
type configAccess struct {
	controller string
	statements []awsiam.PolicyStatement
}

// configAccesses are empty for a repository outside AWS: there a Secret speaks for Flux.
func configAccesses(n names, e *config.Environment, at place) []configAccess {
	if n.platform.Config.Source != config.ConfigSourceCodeCommit {
		return nil
	}
	repository := at.arn("codecommit", n.configRepository())
	pull := func() awsiam.PolicyStatement {
		return gitops.Allow("PullConfig", []string{"codecommit:GitPull"}, repository)
	}
	accesses := []configAccess{{gitops.SourceController, []awsiam.PolicyStatement{pull()}}}
	if e.Flux.ImageUpdates == config.ImageUpdatesAutomatic {
		push := gitops.Allow("PushImageUpdates", []string{"codecommit:GitPush"}, repository)
		// One branch only. GitPush carries no reference when it only negotiates.
		// https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-conditional-branch.html
		push.AddCondition(jsii.String("StringEqualsIfExists"), map[string]any{"codecommit:References": []any{"refs/heads/" + e.Flux.Branch}})
		accesses = append(accesses, configAccess{gitops.ImageAutomationController, []awsiam.PolicyStatement{pull(), push}})
	}
	return accesses
}

// identity gives the controller its access. CodeCommit has no policy on its
// repositories, so from another account the controller takes a role there.
func (a configAccess) identity(stack awscdk.Stack, e *environment, cluster *gitops.Cluster) *gitops.PodIdentity {
	props := &gitops.PodIdentityProps{Cluster: cluster.Cluster, Namespace: gitops.FluxNamespace, ServiceAccount: a.controller}
	if e.otherAccount(e.Environment) {
		props.RoleName = e.controllerRole(e.Name, a.controller)
		props.TargetRoleARN = e.deliveryPlace(stack).roleARN(e.deliveryRole(e.Name, a.controller))
	} else {
		props.Statements = a.statements
	}
	return gitops.NewPodIdentity(stack, a.controller, props)
}

// newTargetRole makes, in the delivery stack, the role that a controller in
// another account takes. The trust names the account and, as a condition, the
// role: a role named as principal would have to exist already, and the
// environment is deployed later.
func (a configAccess) newTargetRole(scope constructs.Construct, n names, e *config.Environment, at place) {
	trusted := place{partition: at.partition, account: e.Account}.roleARN(n.controllerRole(e.Name, a.controller))
	principal := awsiam.NewAccountPrincipal(jsii.String(e.Account)).WithConditions(&map[string]any{
		"ArnEquals": map[string]any{"aws:PrincipalArn": trusted},
	})
	role := awsiam.NewRole(scope, jsii.String(e.Name+"-"+a.controller), &awsiam.RoleProps{
		RoleName:    jsii.String(n.deliveryRole(e.Name, a.controller)),
		Description: jsii.Sprintf("%s of %s", a.controller, n.cluster(e.Name)),
		AssumedBy:   awsiam.NewSessionTagsPrincipal(principal),
	})
	for _, statement := range a.statements {
		role.AddToPolicy(statement)
	}
}
