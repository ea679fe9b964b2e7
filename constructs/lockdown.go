package constructs

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awseksv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

const lockdownName = "flux-lockdown"

// controllers are the components of Flux.
var controllers = []string{
	SourceController, KustomizeController, HelmController, NotificationController, ImageReflectorController, ImageAutomationController,
}

// own are the API groups of each controller. kustomize-controller is not among
// them: it applies what is in Git, as others and as itself. notification-controller
// annotates what a Receiver names, of any group.
var own = map[string][]string{
	SourceController:          {"source.toolkit.fluxcd.io", "source.extensions.fluxcd.io"},
	HelmController:            {"helm.toolkit.fluxcd.io"},
	NotificationController:    fluxGroups,
	ImageReflectorController:  {"image.toolkit.fluxcd.io"},
	ImageAutomationController: {"image.toolkit.fluxcd.io"},
}

var fluxGroups = []string{
	"helm.toolkit.fluxcd.io", "image.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io",
	"notification.toolkit.fluxcd.io", "source.extensions.fluxcd.io", "source.toolkit.fluxcd.io",
}

// newLockdown keeps the controllers of Flux, and what acts for them, from the
// rights of kustomize-controller, which are all: whoever may write a
// Kustomization could otherwise name that account in it. RBAC cannot say this,
// since the distribution has one role for all controllers and a role knows no
// fields. It comes from the CDK and not from Git, because it has to be there
// before a controller runs, and until the last one is gone.
func newLockdown(scope constructs.Construct, id string, cluster awseksv2.ICluster) constructs.Construct {
	this := constructs.NewConstruct(scope, jsii.String(id))
	policy := NewManifest(this, "Policy", cluster, lockdownPolicy())
	binding := NewManifest(this, "Binding", cluster, Object{
		"apiVersion": "admissionregistration.k8s.io/v1",
		"kind":       "ValidatingAdmissionPolicyBinding",
		"metadata":   map[string]any{"name": lockdownName},
		"spec":       map[string]any{"policyName": lockdownName, "validationActions": []any{"Deny"}},
	})
	binding.Node().AddDependency(policy)
	return this
}

func lockdownPolicy() Object {
	accounts := "system:serviceaccount:" + FluxNamespace + ":"
	variable := func(name, expression string) any { return map[string]any{"name": name, "expression": expression} }
	rule := func(expression, message string) any {
		return map[string]any{"expression": expression, "reason": "Forbidden", "message": message}
	}
	return Object{
		"apiVersion": "admissionregistration.k8s.io/v1",
		"kind":       "ValidatingAdmissionPolicy",
		"metadata":   map[string]any{"name": lockdownName},
		"spec": map[string]any{
			"failurePolicy": "Fail",
			"matchConstraints": map[string]any{"resourceRules": []any{
				map[string]any{"apiGroups": fluxGroups, "apiVersions": []any{"*"}, "operations": []any{"CREATE", "UPDATE"}, "resources": []any{"*"}},
				map[string]any{"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "operations": []any{"CREATE"}, "resources": []any{"serviceaccounts/token"}},
			}},
			"variables": []any{
				variable("user", "request.userInfo.?username.orValue('')"),
				// Whom of Flux's namespace it is, by the account's name.
				variable("account", "variables.user.startsWith('"+accounts+"') ? variables.user.substring("+literal(len(accounts))+") : ''"),
				variable("minting", "request.?subResource.orValue('') == 'token'"),
				variable("id", "object.?metadata.?namespace.orValue('') + '/' + object.?metadata.?name.orValue('')"),
				// Finalizers, annotations and statuses are not what an object asks for.
				variable("changed", "oldObject == null || object.?spec.orValue({}) != oldObject.?spec.orValue({})"),
				variable("root", "request.kind.kind == 'Kustomization' && variables.id in "+literal([]string{FluxNamespace + "/" + TenantsName, FluxNamespace + "/" + PlatformName})+
					" || request.kind.kind == 'GitRepository' && variables.id == '"+FluxNamespace+"/"+SourceName+"'"),
				variable("own", literal(own)),
			},
			"validations": []any{
				rule("variables.minting || !variables.changed || !(object.?spec.?serviceAccountName.orValue('') in "+literal(append([]string{"flux-operator"}, controllers...))+")"+
					" || request.kind.kind == 'Kustomization' && variables.id == '"+FluxNamespace+"/"+TenantsName+"'",
					"only the root Kustomization "+TenantsName+" acts as a controller of Flux, which may do everything. "+
						"Set spec.serviceAccountName to an account of its own, made in "+TenantsName+"/"),
				rule("variables.minting || !variables.root || !variables.changed || variables.account in ['', 'flux-operator']",
					"the roots of the sync belong to the CDK, and nothing in the cluster changes what they follow. "+
						"Give the object another name, or change the platform's settings"),
				rule("variables.minting || !(variables.account in variables.own) || "+
					"!variables.changed && request.kind.group in variables.own[variables.account] || "+
					"variables.account == '"+HelmController+"' && request.kind.kind == 'HelmChart'",
					"a controller of Flux changes nothing but the state of objects of its own API. "+
						"Change the object in Git: kustomize-controller applies it as the account of the Kustomization"),
				rule("!variables.minting || !(variables.account in "+literal(controllers)+")",
					"no controller of Flux makes tokens of service accounts. Use EKS Pod Identity for what it needs in AWS"),
			},
		},
	}
}

// literal writes a value as CEL, which reads texts, numbers, lists and maps as JSON has them.
func literal(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// narrow are the patches that leave the controllers the rights that they use.
// The distribution's one role lets each of them write every object of Flux and
// make a token of every service account: that of kustomize-controller, too.
// https://github.com/fluxcd/flux2/blob/main/manifests/rbac/controller.yaml
func narrow(helm bool) []any {
	rules := []any{
		// Metadata and statuses; what is more, the policy of [newLockdown] refuses.
		map[string]any{"apiGroups": fluxGroups, "resources": []string{"*"}, "verbs": []string{"get", "list", "watch", "update", "patch"}},
		map[string]any{"apiGroups": []string{""}, "resources": []string{"namespaces", "secrets", "configmaps", "serviceaccounts"}, "verbs": []string{"get", "list", "watch"}},
		map[string]any{"apiGroups": []string{""}, "resources": []string{"events"}, "verbs": []string{"create", "patch"}},
		map[string]any{"apiGroups": []string{"coordination.k8s.io"}, "resources": []string{"leases"}, "verbs": []string{"get", "list", "watch", "create", "update", "patch", "delete"}},
		map[string]any{"nonResourceURLs": []string{"/livez/ping"}, "verbs": []string{"head"}},
	}
	administrators := []string{KustomizeController}
	if helm {
		administrators = append(administrators, HelmController)
	}
	var subjects []any
	for _, name := range administrators {
		subjects = append(subjects, map[string]any{"kind": "ServiceAccount", "name": name, "namespace": FluxNamespace})
	}
	return []any{
		replacement("ClusterRole", "crd-controller", "/rules", rules),
		replacement("ClusterRoleBinding", "cluster-reconciler", "/subjects", subjects),
	}
}

// replacement is a patch that replaces a field of an object of the distribution.
func replacement(kind, name, path string, value any) any {
	var patch strings.Builder
	encoder := json.NewEncoder(&patch)
	if err := encoder.Encode([]any{map[string]any{"op": "replace", "path": path, "value": value}}); err != nil {
		panic(err)
	}
	return map[string]any{"target": map[string]any{"kind": kind, "name": name}, "patch": patch.String()}
}
