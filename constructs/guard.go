package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awseksv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

const (
	guardName = "teardown-guard"
	// teardownAnnotation asks, on the facts, whether the tenants are gone.
	teardownAnnotation = "gitops-eks/teardown"
)

// newTeardownGuard makes the deletion of the sync fail while a namespace of a
// tenant is still there, with the namespace and what is left in it as the
// message. Without it, a workload that refuses to end would be left behind in
// silence: Flux gives up after a Kustomization's timeout and reports success,
// and AWS's handler takes no notice of what `kubectl delete` says.
//
// The handler has one call whose failure fails a deletion: the patch that
// undoes a patch. So the guard undoes one that did nothing by annotating the
// facts, and an admission policy refuses that annotation for as long as one of
// its parameters exists, which are the namespaces that the Kustomization
// tenants made.
func newTeardownGuard(scope constructs.Construct, id string, cluster awseksv2.ICluster) constructs.Construct {
	this := constructs.NewConstruct(scope, jsii.String(id))
	policy := NewManifest(this, "Policy", cluster, guardPolicy())
	binding := NewManifest(this, "Binding", cluster, guardBinding())
	binding.Node().AddDependency(policy)
	check := awseksv2.NewKubernetesPatch(this, jsii.String("Check"), &awseksv2.KubernetesPatchProps{
		Cluster:           cluster,
		ResourceName:      jsii.String("configmap/" + FactsName),
		ResourceNamespace: jsii.String(FluxNamespace),
		PatchType:         awseksv2.PatchType_MERGE,
		ApplyPatch:        &map[string]any{},
		RestorePatch: &map[string]any{
			"metadata": map[string]any{"annotations": map[string]any{teardownAnnotation: "requested"}},
		},
	})
	boundServiceTimeout(check)
	check.Node().AddDependency(binding)
	return this
}

func guardPolicy() Object {
	return Object{
		"apiVersion": "admissionregistration.k8s.io/v1",
		"kind":       "ValidatingAdmissionPolicy",
		"metadata":   map[string]any{"name": guardName},
		"spec": map[string]any{
			"paramKind": map[string]any{"apiVersion": "v1", "kind": "Namespace"},
			"matchConstraints": map[string]any{"resourceRules": []any{map[string]any{
				"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "operations": []any{"UPDATE"},
				"resources": []any{"configmaps"}, "resourceNames": []any{FactsName},
			}}},
			"validations": []any{map[string]any{
				"expression": "!(object.?metadata.?annotations.orValue({}).exists(key, key == '" + teardownAnnotation + "'))",
				"messageExpression": "'the namespace ' + params.metadata.name + ' is still there. ' + " +
					"params.?status.?conditions.orValue([]).filter(c, c.status == 'True').map(c, c.message + '. ').join('') + " +
					"'Remove what is left in it, then delete the stack again.'",
			}},
		},
	}
}

func guardBinding() Object {
	return Object{
		"apiVersion": "admissionregistration.k8s.io/v1",
		"kind":       "ValidatingAdmissionPolicyBinding",
		"metadata":   map[string]any{"name": guardName},
		"spec": map[string]any{
			"policyName":        guardName,
			"validationActions": []any{"Deny"},
			"paramRef": map[string]any{
				// The labels that kustomize-controller puts on all that it applies.
				"selector": map[string]any{"matchLabels": map[string]any{
					"kustomize.toolkit.fluxcd.io/name":      TenantsName,
					"kustomize.toolkit.fluxcd.io/namespace": FluxNamespace,
				}},
				"parameterNotFoundAction": "Allow",
			},
			"matchResources": map[string]any{"namespaceSelector": map[string]any{
				"matchLabels": map[string]any{"kubernetes.io/metadata.name": FluxNamespace},
			}},
		},
	}
}
