package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
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

// NewLogGroup makes a log group. An empty name lets CloudFormation choose one.
func (l Logs) NewLogGroup(scope constructs.Construct, id, name string) awslogs.LogGroup {
	props := &awslogs.LogGroupProps{RemovalPolicy: l.RemovalPolicy}
	if name != "" {
		props.LogGroupName = jsii.String(name)
	}
	group := awslogs.NewLogGroup(scope, jsii.String(id), props)
	// The L2 takes an enumeration with a name per number of days; the resource takes the number.
	group.Node().DefaultChild().(awslogs.CfnLogGroup).SetRetentionInDays(jsii.Number(l.RetentionDays))
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
