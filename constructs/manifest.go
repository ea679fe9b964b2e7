package constructs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseksv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// The handler of in-cluster resources and the framework that calls it are
// Lambda functions that both end after 15 minutes, and then nobody answers
// CloudFormation, which waits an hour. The service timeout ends that wait; a
// minute more than the functions have lets their own answer come first.
const (
	handlerTimeout = 15 * time.Minute
	serviceTimeout = handlerTimeout + time.Minute
)

// RequestedAtAnnotation asks a Flux controller to reconcile now. The controller
// copies its value to status.lastHandledReconcileAt once it has.
// https://fluxcd.io/flux/components/kustomize/kustomizations/#triggering-a-reconcile
const RequestedAtAnnotation = "reconcile.fluxcd.io/requestedAt"

// Object is a Kubernetes object as JSON would have it.
type Object = map[string]any

// NewManifest puts one object into the cluster, and takes it out on deletion.
// One object a construct, because CDK's pruning passes over custom resources:
// an object that left a list would stay in the cluster for ever. It is applied
// rather than created, so that a repeated call after a lost answer succeeds.
func NewManifest(scope constructs.Construct, id string, cluster awseksv2.ICluster, object Object) awseksv2.KubernetesManifest {
	manifest := awseksv2.NewKubernetesManifest(scope, jsii.String(id), &awseksv2.KubernetesManifestProps{
		Cluster:   cluster,
		Manifest:  &[]*map[string]any{&object},
		Overwrite: jsii.Bool(true),
		Prune:     jsii.Bool(false),
	})
	boundServiceTimeout(manifest)
	return manifest
}

// boundServiceTimeout bounds the wait for the custom resource of an L2 construct.
func boundServiceTimeout(of constructs.IConstruct) {
	resource := of.Node().FindChild(jsii.String("Resource")).Node().DefaultChild().(awscdk.CfnResource)
	resource.AddPropertyOverride(jsii.String("ServiceTimeout"), fmt.Sprint(int(serviceTimeout.Seconds())))
}

// revision is a short name for the content of values, the same in every run.
// Tokens are resolved first: their text counts the tokens made before them.
func revision(scope constructs.Construct, values ...any) string {
	resolved := awscdk.Stack_Of(scope).Resolve(values)
	text, err := json.Marshal(resolved) // sorts the keys
	if err != nil {
		panic(fmt.Errorf("%s: revision of a manifest: %w", *scope.Node().Path(), err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])[:16]
}
