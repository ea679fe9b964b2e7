package constructs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseksv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// helmTimeout is what Helm gets by default. Helm must give up while the handler
// still lives: a killed Helm leaves a lock on the release that nothing clears
// ("another operation (install/upgrade/rollback) is in progress").
const helmTimeout = 10 * time.Minute

// ChartProps configures [NewChart].
type ChartProps struct {
	Cluster awseksv2.ICluster
	// Repository is the OCI address of the chart, oci://host/path/chart. Required.
	Repository string
	// Version of the chart. Required: without one AWS's handler fails with a
	// TypeError, and an open version would make two deployments of one commit differ.
	Version string
	// Release and Namespace of the Helm release. Required. The namespace is made when it is missing.
	Release, Namespace string
	// Values of the chart. Integers of 8 digits and more must be strings: they would become floats.
	Values map[string]any
	// Timeout of Helm, at most 10 minutes, the default.
	Timeout time.Duration
}

// NewChart installs a Helm chart and waits until what it installed is ready.
func NewChart(scope constructs.Construct, id string, props *ChartProps) awseksv2.HelmChart {
	timeout := props.Timeout
	if timeout == 0 {
		timeout = helmTimeout
	}
	must(scope, id, props.validate(timeout)...)
	chart := awseksv2.NewHelmChart(scope, jsii.String(id), &awseksv2.HelmChartProps{
		Cluster:    props.Cluster,
		Repository: jsii.String(props.Repository),
		Chart:      jsii.String(props.Repository[strings.LastIndex(props.Repository, "/")+1:]),
		Version:    jsii.String(props.Version),
		Release:    jsii.String(props.Release),
		Namespace:  jsii.String(props.Namespace),
		Wait:       jsii.Bool(true),
		Timeout:    awscdk.Duration_Seconds(jsii.Number(timeout.Seconds())),
		Values:     &props.Values,
	})
	boundServiceTimeout(chart)
	return chart
}

func (p *ChartProps) validate(timeout time.Duration) (problems []error) {
	if p.Version == "" {
		problems = append(problems, errors.New("a chart needs a version, such as \"1.2.3\""))
	}
	if timeout < 0 || timeout > helmTimeout {
		problems = append(problems, fmt.Errorf("the timeout of Helm must be at most %s, so that Helm ends before the Lambda function that runs it (%s), got %s", helmTimeout, handlerTimeout, timeout))
	}
	if p.Release == "" || p.Namespace == "" {
		problems = append(problems, errors.New("a chart needs a release and a namespace"))
	}
	if strings.LastIndex(p.Repository, "/") < len("oci://") {
		problems = append(problems, fmt.Errorf("repository must be the OCI address of the chart, oci://host/path/chart, got %q", p.Repository))
	}
	return problems
}
