package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// AlertsProps configures [NewAlerts].
type AlertsProps struct {
	// Key encrypts the messages. Required.
	Key awskms.Key
	// Emails are subscribed; each has to confirm.
	Emails []string
}

// Alerts is an SNS topic that failures are sent to.
type Alerts struct {
	Topic awssns.Topic
	// console is the host of AWS's console.
	console string
}

// consoleHosts are those of AWS's console, by partition.
// https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-console.html
// https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html
var consoleHosts = map[string]string{
	"aws":        "console.aws.amazon.com",
	"aws-cn":     "console.amazonaws.cn",
	"aws-us-gov": "console.amazonaws-us-gov.com",
	"aws-eusc":   "console.amazonaws-eusc.eu",
}

// consoleHost is that of the stack's partition, and of "aws" where the stack leaves its Region open.
func consoleHost(stack awscdk.Stack) string {
	if host, known := consoleHosts[*stack.Partition()]; known {
		return host
	}
	return consoleHosts["aws"]
}

// NewAlerts makes the topic.
func NewAlerts(scope constructs.Construct, id string, props *AlertsProps) *Alerts {
	this := constructs.NewConstruct(scope, jsii.String(id))
	topic := awssns.NewTopic(this, jsii.String("Topic"), &awssns.TopicProps{
		MasterKey:  props.Key,
		EnforceSSL: jsii.Bool(true),
	})
	// EventBridge encrypts what it sends to the topic.
	// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
	// Neither this nor the topic's policy has a condition on the account: EventBridge does not fill
	// condition keys when it publishes, so that every alert would be lost.
	// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
	props.Key.Grant(awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil), jsii.String("kms:Decrypt"), jsii.String("kms:GenerateDataKey"))
	for _, email := range props.Emails {
		topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(email), nil))
	}
	return &Alerts{Topic: topic, console: consoleHost(awscdk.Stack_Of(this))}
}

// OnPipelineFailed tells of each execution of the pipeline that fails.
func (a *Alerts) OnPipelineFailed(pipeline awscodepipeline.IPipeline, name string) {
	rule := pipeline.OnStateChange(jsii.String("Failed"), &awsevents.OnEventOptions{
		EventPattern: &awsevents.EventPattern{Detail: &map[string]any{"state": jsii.Strings("FAILED")}},
	})
	rule.AddTarget(a.message("The pipeline "+name+" failed.",
		"https://"+a.console+"/codesuite/codepipeline/pipelines/"+name+"/executions/"+field("$.detail.execution-id")+"?region="+field("$.region")))
}

// OnBuildFailed tells of each build of the project that fails.
func (a *Alerts) OnBuildFailed(project awscodebuild.IProject, name string) {
	rule := project.OnBuildFailed(jsii.String("Failed"), nil)
	rule.AddTarget(a.message("The image build of "+name+" failed.", field("$.detail.additional-information.logs.deep-link")))
}

// OnCheckFailed tells of each branch of a repository that does not pass its check.
func (a *Alerts) OnCheckFailed(project awscodebuild.IProject, repository string) {
	rule := project.OnBuildFailed(jsii.String("Failed"), nil)
	rule.AddTarget(a.message("The check of "+repository+" failed.", field("$.detail.additional-information.logs.deep-link")))
}

func (a *Alerts) message(what, where string) awsevents.IRuleTarget {
	return awseventstargets.NewSnsTopic(a.Topic, &awseventstargets.SnsTopicProps{
		Message: awsevents.RuleTargetInput_FromText(jsii.String(what + " " + where)),
	})
}

// field is a field of the event.
func field(path string) string { return *awsevents.EventField_FromPath(jsii.String(path)) }
