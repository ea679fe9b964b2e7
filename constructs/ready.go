package constructs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseksv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// ReadyProps configures [NewReady].
type ReadyProps struct {
	Cluster awseksv2.ICluster
	// Resource is the plural name with its group, such as
	// "kustomizations.kustomize.toolkit.fluxcd.io". Required.
	Resource string
	// Namespace and Name of the object. Required.
	Namespace, Name string
	// Revision is the value of [RequestedAtAnnotation] on the object. Required.
	Revision string
	// Reason of the condition Ready when the object is ready, in the words of its controller. Required.
	Reason string
	// Also are further objects whose state explains this one's, as TYPE/NAME.
	Also []string
	// Timeout after which the deployment fails, at most 12 minutes. Required.
	Timeout time.Duration
}

// NewReady makes the deployment wait until a Flux object is ready at the
// revision just deployed, in an update as well as at first. When it does not
// become ready in time, the deployment fails, and the message carries the
// command that shows why.
func NewReady(scope constructs.Construct, id string, props *ReadyProps) awseksv2.KubernetesObjectValue {
	must(scope, id, props.validate()...)
	ready := awseksv2.NewKubernetesObjectValue(scope, jsii.String(id), &awseksv2.KubernetesObjectValueProps{
		Cluster:         props.Cluster,
		ObjectType:      jsii.String(props.Resource),
		ObjectNamespace: jsii.String(props.Namespace),
		// The handler passes the name on to kubectl. A selector instead of a name
		// gives a list, which is what a JSONPath filter needs.
		ObjectName: jsii.String("--field-selector=metadata.name=" + props.Name),
		JsonPath:   jsii.String(props.jsonPath()),
		Timeout:    awscdk.Duration_Seconds(jsii.Number(props.Timeout.Seconds())),
	})
	boundServiceTimeout(ready)
	return ready
}

// jsonPath is empty until the object is ready at the revision. The handler
// puts braces around it, waits until its output is not empty, and prints it
// when it gives up: so the command that explains the failure stands in it.
func (p *ReadyProps) jsonPath() string {
	return fmt.Sprintf(`range .items[?(@.status.lastHandledReconcileAt=="%s")].status.conditions[?(@.reason=="%s")]}%s{end`, p.Revision, p.Reason, p.command())
}

// command shows the state of the object and the events that explain it.
func (p *ReadyProps) command() string {
	objects := append([]string{p.Resource + "/" + p.Name}, p.Also...)
	return fmt.Sprintf("kubectl -n %s describe %s", p.Namespace, strings.Join(objects, " "))
}

func (p *ReadyProps) validate() (problems []error) {
	// The handler looks every 10 seconds and needs time to log in before and to answer after.
	if limit := handlerTimeout - 3*time.Minute; p.Timeout <= 0 || p.Timeout > limit {
		problems = append(problems, fmt.Errorf("timeout must be more than 0 and at most %s, what the handler survives, got %s", limit, p.Timeout))
	}
	if slices.Contains([]string{p.Resource, p.Namespace, p.Name, p.Revision, p.Reason}, "") {
		problems = append(problems, fmt.Errorf("resource, namespace, name, revision and reason are required, got %+v", *p))
	}
	return problems
}
