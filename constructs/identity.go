package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awseksv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// PodIdentityProps configures [NewPodIdentity].
type PodIdentityProps struct {
	// Cluster, Namespace and ServiceAccount say who receives the credentials. Required.
	Cluster                   awseksv2.ICluster
	Namespace, ServiceAccount string
	// RoleName is an explicit name, for trust from another account. Default: CloudFormation chooses.
	RoleName string
	// Statements are the permissions. Either these or TargetRoleARN are required.
	Statements []awsiam.PolicyStatement
	// TargetRoleARN is a role, in another account, that the pods act as instead.
	TargetRoleARN string
}

// PodIdentity gives the pods of a service account the permissions of a role,
// without a credential that could be stolen or would have to be rotated.
type PodIdentity struct {
	Association awseksv2.CfnPodIdentityAssociation
}

// NewPodIdentity makes the role and its association.
func NewPodIdentity(scope constructs.Construct, id string, props *PodIdentityProps) *PodIdentity {
	this := constructs.NewConstruct(scope, jsii.String(id))
	role := awsiam.NewRole(this, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy:   podIdentityPrincipal(),
		Description: jsii.Sprintf("%s in the namespace %s", props.ServiceAccount, props.Namespace),
	})
	if props.RoleName != "" {
		role.Node().DefaultChild().(awsiam.CfnRole).SetRoleName(jsii.String(props.RoleName))
	}
	for _, statement := range props.Statements {
		role.AddToPolicy(statement)
	}
	association := &awseksv2.CfnPodIdentityAssociationProps{
		ClusterName:    props.Cluster.ClusterName(),
		Namespace:      jsii.String(props.Namespace),
		ServiceAccount: jsii.String(props.ServiceAccount),
		RoleArn:        role.RoleArn(),
	}
	if props.TargetRoleARN != "" {
		role.AddToPolicy(Allow("AssumeTarget", []string{"sts:AssumeRole", "sts:TagSession"}, props.TargetRoleARN))
		association.TargetRoleArn = jsii.String(props.TargetRoleARN)
	}
	made := awseksv2.NewCfnPodIdentityAssociation(this, jsii.String("Association"), association)
	made.Node().AddDependency(role) // its policy too: a pod must not start with an empty role
	return &PodIdentity{Association: made}
}

// podIdentityPrincipal trusts EKS Pod Identity, which tags its sessions.
func podIdentityPrincipal() awsiam.IPrincipal {
	return awsiam.NewSessionTagsPrincipal(awsiam.NewServicePrincipal(jsii.String("pods.eks.amazonaws.com"), nil))
}

// Allow is a statement that allows the actions on the resources.
func Allow(sid string, actions []string, resources ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       jsii.String(sid),
		Actions:   jsii.Strings(actions...),
		Resources: jsii.Strings(resources...),
	})
}
