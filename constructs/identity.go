package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
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
		AssumedBy:   podIdentityPrincipal(this, props.Cluster, props.Namespace, props.ServiceAccount),
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

// podIdentityPrincipal trusts EKS Pod Identity, which tags its sessions, for one
// service account of one cluster: an association of another cluster, or account,
// that names the role gets nothing. AWS documents no aws:SourceArn for it; the tag
// of the cluster's ARN names its account, too.
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html#pod-id-abac-tags
func podIdentityPrincipal(scope constructs.Construct, cluster awseksv2.ICluster, namespace, serviceAccount string) awsiam.IPrincipal {
	arn := awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("eks"), Resource: jsii.String("cluster"), ResourceName: cluster.ClusterName(),
	})
	pods := awsiam.NewServicePrincipal(jsii.String("pods.eks.amazonaws.com"), &awsiam.ServicePrincipalOpts{
		Conditions: &map[string]any{"StringEquals": map[string]any{
			"aws:RequestTag/eks-cluster-arn":            arn,
			"aws:RequestTag/kubernetes-namespace":       namespace,
			"aws:RequestTag/kubernetes-service-account": serviceAccount,
		}},
	})
	return awsiam.NewSessionTagsPrincipal(pods)
}

// Allow is a statement that allows the actions on the resources.
func Allow(sid string, actions []string, resources ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       jsii.String(sid),
		Actions:   jsii.Strings(actions...),
		Resources: jsii.Strings(resources...),
	})
}
