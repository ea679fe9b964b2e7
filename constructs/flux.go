package constructs

import (
	"errors"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awseksv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// FluxNamespace is where Flux and its objects live.
const FluxNamespace = "flux-system"

// The controllers, which are also the names of their Deployments and service accounts.
const (
	SourceController          = "source-controller"
	KustomizeController       = "kustomize-controller"
	HelmController            = "helm-controller"
	NotificationController    = "notification-controller"
	ImageReflectorController  = "image-reflector-controller"
	ImageAutomationController = "image-automation-controller"
)

// dependencyRequeue is how soon a controller looks again at a dependency that
// is not ready. Each step of a dependsOn chain costs up to that with every
// commit, 30 seconds by default; a look costs one GET for each dependency.
const dependencyRequeue = "2s"

// reconciliationSucceeded is the reason of the condition Ready of a
// Kustomization and of a FluxInstance, and of no other of their conditions.
const reconciliationSucceeded = "ReconciliationSucceeded"

// FluxProps configures [NewFlux].
type FluxProps struct {
	Cluster awseksv2.ICluster
	// OperatorVersion is the version of both charts, such as "0.58.1". Required.
	OperatorVersion string
	// Version of the Flux distribution, such as "2.9.4". Required.
	Version string
	// Size of the controllers: small, medium or large. Required.
	Size string
	// Registry that charts and images come from. Default ghcr.io.
	Registry string
	// Helm says that HelmReleases are used: helm-controller gets the rights of an administrator, to
	// act as the accounts that they name. Default: it has none.
	Helm bool
	// Identities must exist before the controllers start: a pod keeps the credentials it started with.
	Identities []*PodIdentity
}

// Flux is an installation of Flux by the Flux Operator.
type Flux struct {
	constructs.Construct
	// Ready is there once all controllers run.
	Ready awseksv2.KubernetesObjectValue
}

// NewFlux installs the Flux Operator and, with it, Flux. It has no sync: see [NewSync].
func NewFlux(scope constructs.Construct, id string, props *FluxProps) *Flux {
	must(scope, id, props.validate()...)
	this := constructs.NewConstruct(scope, jsii.String(id))

	operator := NewChart(this, "Operator", props.chart("flux-operator", props.operatorValues()))
	for _, identity := range props.Identities {
		operator.Node().AddDependency(identity.Association)
	}

	values := props.instanceValues()
	requested := revision(this, values, props.OperatorVersion)
	values["commonAnnotations"] = map[string]any{RequestedAtAnnotation: requested}
	instance := NewChart(this, "Instance", props.chart("flux-instance", values))
	lockdown := newLockdown(this, "Lockdown", props.Cluster)
	lockdown.Node().AddDependency(operator)
	instance.Node().AddDependency(lockdown)

	ready := NewReady(this, "Ready", &ReadyProps{
		Cluster:   props.Cluster,
		Resource:  "fluxinstances.fluxcd.controlplane.io",
		Namespace: FluxNamespace,
		Name:      "flux",
		Revision:  requested,
		Reason:    reconciliationSucceeded,
		Also:      []string{"deployments.apps/flux-operator"},
		Timeout:   10 * time.Minute,
	})
	ready.Node().AddDependency(instance)
	return &Flux{Construct: this, Ready: ready}
}

func (p *FluxProps) registry() string {
	if p.Registry == "" {
		return "ghcr.io"
	}
	return p.Registry
}

func (p *FluxProps) chart(name string, values map[string]any) *ChartProps {
	return &ChartProps{
		Cluster:    p.Cluster,
		Repository: "oci://" + p.registry() + "/controlplaneio-fluxcd/charts/" + name,
		Version:    p.OperatorVersion,
		Release:    releases[name],
		Namespace:  FluxNamespace,
		Values:     values,
	}
}

// releases are the names that the operator's documentation uses.
var releases = map[string]string{"flux-operator": "flux-operator", "flux-instance": "flux"}

// operatorValues are the values of the chart flux-operator.
// https://github.com/controlplaneio-fluxcd/charts/tree/main/charts/flux-operator
func (p *FluxProps) operatorValues() map[string]any {
	return map[string]any{
		"image": map[string]any{"repository": p.registry() + "/controlplaneio-fluxcd/flux-operator"},
		// The web interface would need an ingress and single sign-on to be of use.
		"web": map[string]any{"enabled": false},
	}
}

// instanceValues are the values of the chart flux-instance.
// https://github.com/controlplaneio-fluxcd/charts/tree/main/charts/flux-instance
func (p *FluxProps) instanceValues() map[string]any {
	return map[string]any{
		"instance": map[string]any{
			"distribution": map[string]any{
				"version":  p.Version,
				"registry": p.registry() + "/fluxcd",
				// The manifests that the operator carries: the chart's default follows a tag that moves.
				"artifact": "",
			},
			"components": controllers,
			"cluster": map[string]any{
				"type":          "aws",
				"size":          p.Size,
				"multitenant":   true,
				"networkPolicy": true,
			},
			"kustomize": map[string]any{"patches": append(narrow(p.Helm),
				argument("("+KustomizeController+"|"+HelmController+")", "--requeue-dependency="+dependencyRequeue),
				// A commit that mends an app need not wait for the health check of the broken one to time out.
				argument(KustomizeController, "--feature-gates=CancelHealthCheckOnNewRevision=true"),
			)},
		},
	}
}

// argument is a patch that adds an argument to the controllers of that name.
func argument(controllers, argument string) map[string]any {
	return map[string]any{
		"target": map[string]any{"kind": "Deployment", "name": controllers},
		"patch":  "- op: add\n  path: /spec/template/spec/containers/0/args/-\n  value: " + argument + "\n",
	}
}

func (p *FluxProps) validate() (problems []error) {
	if p.OperatorVersion == "" || p.Version == "" || p.Size == "" {
		problems = append(problems, errors.New("the versions of the operator and of Flux, and a size, are required"))
	}
	return problems
}
