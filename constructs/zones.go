package constructs

import (
	_ "embed"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

//go:embed handlers/zones.js
var zonesHandler string

// newZones chooses availability zones at deployment, and the same ones for ever.
//
// Fn::GetAZs would do neither: it names zones where EKS has no control plane,
// leaves out those where the default VPC has no subnet, and follows the account.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html
func newZones(scope constructs.Construct, id string, count int, logs awslogs.ILogGroup) *[]*string {
	this := constructs.NewConstruct(scope, jsii.String(id))
	chosen := newHandler(this, "Handler", &handlerProps{
		Description: "Chooses the availability zones of the VPC",
		Code:        zonesHandler,
		// EC2 knows no resource for this action.
		Statements: []awsiam.PolicyStatement{Allow("Ask", []string{"ec2:DescribeAvailabilityZones"}, "*")},
		Logs:       logs,
	}).resource(this, "Chosen", "Custom::AvailabilityZones", map[string]any{"Count": count})
	zones := make([]*string, count)
	for i := range zones {
		zones[i] = chosen.GetAttString(jsii.String(fmt.Sprintf("Zone%d", i+1)))
	}
	return &zones
}
