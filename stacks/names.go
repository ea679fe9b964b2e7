package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"gitops-eks/stacks/config"
)

// names are the explicit names by which stacks find each other's resources.
// With names instead of exports, delivery and the environments deploy side by
// side, in one account or in several.
type names struct{ platform *config.Platform }

func (n names) configRepository() string          { return n.platform.Name + "-config" }
func (n names) appStack(app string) string        { return "app-" + app }
func (n names) appRepository(app string) string   { return n.platform.Name + "-" + app }
func (n names) imageRepository(app string) string { return n.platform.Name + "/" + app }
func (n names) pipeline(app string) string        { return n.platform.Name + "-" + app }
func (n names) cluster(env string) string         { return n.platform.Name + "-" + env }

// controllerRole is the role of a Flux controller of an environment in another
// account than the delivery stack; deliveryRole is the one that it takes there.
func (n names) controllerRole(env, controller string) string {
	return n.platform.Name + "-" + env + "-" + controller
}

func (n names) deliveryRole(env, controller string) string {
	return n.controllerRole(env, controller) + "-target"
}

// place is an account and a region, resolved to tokens where the settings leave them open.
type place struct{ partition, account, region, suffix string }

// deliveryPlace is where the delivery stack is, seen from another stack: with
// an open account, all stacks are in the same.
func (n names) deliveryPlace(from awscdk.Stack) place {
	at := place{*from.Partition(), *from.Account(), *from.Region(), *from.UrlSuffix()}
	if n.platform.Delivery.Account != "" {
		at.account, at.region = n.platform.Delivery.Account, n.platform.Delivery.Region
	}
	return at
}

func (p place) arn(service, resource string) string {
	return "arn:" + p.partition + ":" + service + ":" + p.region + ":" + p.account + ":" + resource
}

// roleARN has no region: IAM is global.
func (p place) roleARN(name string) string {
	return "arn:" + p.partition + ":iam::" + p.account + ":role/" + name
}

// registry is the host of Amazon ECR.
func (p place) registry() string {
	return p.account + ".dkr.ecr." + p.region + "." + p.suffix
}

// codeCommitURL is the HTTPS address of a CodeCommit repository.
func (p place) codeCommitURL(repository string) string {
	return "https://git-codecommit." + p.region + "." + p.suffix + "/v1/repos/" + repository
}

// otherAccount tells whether an environment lives in another account than the delivery stack.
func (n names) otherAccount(e *config.Environment) bool {
	return e.Account != n.platform.Delivery.Account
}
