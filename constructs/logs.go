package constructs

import (
	_ "embed"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Logs says how long logs are kept and what becomes of them with the stack.
type Logs struct {
	// RetentionDays is a number of days that CloudWatch Logs knows, such as 30, 90 or 365. Required.
	RetentionDays int
	// RemovalPolicy of the log groups. Required: the CDK's own default keeps them for ever.
	RemovalPolicy awscdk.RemovalPolicy
}

// NewLogGroup makes a log group. CloudFormation chooses its name.
func (l Logs) NewLogGroup(scope constructs.Construct, id string) awslogs.LogGroup {
	group := awslogs.NewLogGroup(scope, jsii.String(id), &awslogs.LogGroupProps{RemovalPolicy: l.RemovalPolicy})
	// The L2 takes an enumeration with a name per number of days; the resource takes the number.
	group.Node().DefaultChild().(awslogs.CfnLogGroup).SetRetentionInDays(jsii.Number(l.RetentionDays))
	return group
}

//go:embed handlers/loggroup.js
var logGroupHandler string

// newServiceLogGroup makes a log group that a service finds by its name, or
// takes the one that is there. The service makes it anew when it still has to
// write after a deletion, and with AWS::Logs::LogGroup the next deployment
// would fail because of it.
// https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2763
func (l Logs) newServiceLogGroup(
	scope constructs.Construct, id, name string, logs awslogs.ILogGroup,
) awscdk.CustomResource {
	this := constructs.NewConstruct(scope, jsii.String(id))
	arn := awscdk.Stack_Of(this).FormatArn(&awscdk.ArnComponents{
		Service:      jsii.String("logs"),
		Resource:     jsii.String("log-group"),
		ResourceName: jsii.String(name + ":*"), // as IAM wants it
		ArnFormat:    awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
	group := newHandler(this, "Handler", &handlerProps{
		Description: "Makes the log group " + name + ", or takes the one that is there",
		Code:        logGroupHandler,
		Statements:  []awsiam.PolicyStatement{Allow("Ask", []string{"logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy"}, *arn)},
		Logs:        logs,
	}).resource(this, "Group", "Custom::LogGroup", map[string]any{"LogGroupName": name, "RetentionInDays": l.RetentionDays})
	group.ApplyRemovalPolicy(l.RemovalPolicy)
	return group
}

// customResourceProviders are the singletons that the CDK puts into a stack
// for the custom resources of its L2 constructs.
var customResourceProviders = []string{
	"Custom::VpcRestrictDefaultSGCustomResourceProvider",
	"Custom::S3AutoDeleteObjectsCustomResourceProvider",
}

// OwnProviderLogs sends the logs of the stack's custom resource providers to
// the group. Otherwise Lambda makes a group for each, without retention, that
// outlives the stack. Call it once every construct of the stack is there.
func OwnProviderLogs(stack awscdk.Stack, group awslogs.ILogGroup) {
	for _, id := range customResourceProviders {
		if provider := stack.Node().TryFindChild(jsii.String(id)); provider != nil {
			logTo(provider.Node().FindChild(jsii.String("Handler")).(awscdk.CfnResource), group)
		}
	}
}

// ownFunctionLogs does the same for a function of an L2 construct.
func ownFunctionLogs(function constructs.IConstruct, group awslogs.ILogGroup) {
	logTo(function.Node().DefaultChild().(awslambda.CfnFunction), group)
}

func logTo(function awscdk.CfnResource, group awslogs.ILogGroup) {
	function.AddPropertyOverride(jsii.String("LoggingConfig"), map[string]*string{"LogGroup": group.LogGroupName()})
}
