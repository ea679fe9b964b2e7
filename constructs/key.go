package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// keyWaitingDays is the shortest that KMS allows between the deletion of a key
// and its end: a destroyed stack's key stops costing after a week.
const keyWaitingDays = 7

// NewKey makes an encryption key that KMS rotates each year. name is its alias.
func NewKey(scope constructs.Construct, id, name, description string, removal awscdk.RemovalPolicy) awskms.Key {
	return awskms.NewKey(scope, jsii.String(id), &awskms.KeyProps{
		Alias:             jsii.String("alias/" + name),
		Description:       jsii.String(description),
		EnableKeyRotation: jsii.Bool(true),
		PendingWindow:     awscdk.Duration_Days(jsii.Number(keyWaitingDays)),
		RemovalPolicy:     removal,
	})
}
