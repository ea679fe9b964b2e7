package test

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
	"github.com/stretchr/testify/require"

	"gitops-eks/constructs"
)

// Principals whose ARNs differ by / and - only, or are not known yet, have an
// access entry each.
func TestPrincipalsHaveAnEntryEach(t *testing.T) {
	dir := t.TempDir()
	app := newApp(t, dir)
	stack := awscdk.NewStack(app, jsii.String("Stack"), nil)
	role := awsiam.NewRole(stack, jsii.String("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})
	constructs.NewCluster(stack, "Cluster", &constructs.ClusterProps{
		Name: "a", Version: "1.36", Vpc: awsec2.NewVpc(stack, jsii.String("Vpc"), nil),
		Private:       &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS},
		Logs:          constructs.Logs{RetentionDays: 30, RemovalPolicy: awscdk.RemovalPolicy_DESTROY},
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		Admins:        []string{"arn:aws:iam::111111111111:role/a-b", *role.RoleArn(), "arn:aws:iam::111111111111:role/a/b"},
	})
	app.Synth(nil)
	var found []string
	for _, entry := range readAssembly(t, nil, dir).stack(t, "Stack").all("AWS::EKS::AccessEntry") {
		found = append(found, text(entry.get("PrincipalArn")))
	}
	require.Subset(t, found, []string{`"arn:aws:iam::111111111111:role/a-b"`, `"arn:aws:iam::111111111111:role/a/b"`})
	require.Contains(t, text(found), "Fn::GetAtt")
}
