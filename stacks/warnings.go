package stacks

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// answered are warnings of the CDK that ask for nothing that is left to do, and
// why. Each synthesis would print them, whatever is done: one that matters would
// be lost among them.
var answered = map[string]string{
	"@aws-cdk/aws-ec2:noSubnetRouteTableId":                    "no stack adds a route to an existing VPC",
	"@aws-cdk/aws-eks:clusterMustManuallyTagSubnet":            "README.md, An existing VPC, says how its subnets are tagged",
	"@aws-cdk/aws-eks:isolatedSubnetsForKubectlPrivateSubnets": "the settings refuse nat none without the endpoints that the handler needs",
}

// acknowledgeAnswered takes these warnings out of a stack.
func acknowledgeAnswered(stack awscdk.Stack) {
	for _, id := range slices.Sorted(maps.Keys(answered)) {
		awscdk.Annotations_Of(stack).AcknowledgeWarning(jsii.String(id), jsii.String(answered[id]))
	}
}
