package constructs

import (
	_ "embed"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

//go:embed handlers/answer.js
var answer string

// handlerProps configures [newHandler].
type handlerProps struct {
	// Description of the function. Required.
	Description string
	// Code in JavaScript, which defines handle(event). Required.
	Code string
	// Statements are all that it may do besides writing its log. Required.
	Statements []awsiam.PolicyStatement
	// Logs is the group that it writes to. Required.
	Logs awslogs.ILogGroup
}

// handler answers custom resources of this program.
type handler struct{ function awslambda.Function }

const (
	// answerTimeout leaves room for the wait until a new role is known.
	answerTimeout = 2 * time.Minute
	// answerWait is how long CloudFormation waits: longer than the function lives.
	answerWait = answerTimeout + time.Minute
)

// newHandler makes a function that asks AWS at deployment for what synthesis
// cannot know. It is one function: the CDK's framework would add two more for
// waits that it does not need. Its policy is a part of its role, so that it is
// there before the function is called.
func newHandler(scope constructs.Construct, id string, props *handlerProps) handler {
	this := constructs.NewConstruct(scope, jsii.String(id))
	statements := append(props.Statements,
		Allow("WriteLog", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, *props.Logs.LogGroupArn()))
	role := awsiam.NewRole(this, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"Handler": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
			Statements: &statements,
		})},
	})
	return handler{awslambda.NewFunction(this, jsii.String("Function"), &awslambda.FunctionProps{
		Description: jsii.String(props.Description),
		Code:        awslambda.Code_FromInline(jsii.String(answer + props.Code)),
		Handler:     jsii.String("index.handler"),
		Runtime:     awslambda.Runtime_NODEJS_24_X(), // brings AWS's SDK
		MemorySize:  jsii.Number(256),
		Timeout:     awscdk.Duration_Seconds(jsii.Number(answerTimeout.Seconds())),
		Role:        role,
		LogGroup:    props.Logs,
	})}
}

// resource makes a custom resource that the handler answers.
func (h handler) resource(scope constructs.Construct, id, kind string, properties map[string]any) awscdk.CustomResource {
	return awscdk.NewCustomResource(scope, jsii.String(id), &awscdk.CustomResourceProps{
		ServiceToken:   h.function.FunctionArn(),
		ServiceTimeout: awscdk.Duration_Seconds(jsii.Number(answerWait.Seconds())),
		ResourceType:   jsii.String(kind),
		Properties:     &properties,
	})
}
