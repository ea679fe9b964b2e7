package mutation

import (
	"slices"
	"strings"
	"testing"
)

var (
	platformReady   = at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesObjectValue", "Sync/PlatformReady")
	lockdownPolicy  = at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesResource", "Lockdown/Policy")
	lockdownBinding = at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesResource", "Lockdown/Binding")
	guardPolicy     = at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesResource", "Guard/Policy")
	guardBinding    = at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesResource", "Guard/Binding")
)

var moreOrderFaults = []fault{
	{name: "the pipeline before the rights of its build", gate: "rules", at: pipeline, edits: []edit{func(t *testing.T, body map[string]any) {
		needs, _ := body["DependsOn"].([]any)
		setIn(slices.DeleteFunc(needs, func(id any) bool { return strings.Contains(id.(string), "BuildRole") }), "DependsOn")(t, body)
	}}},
	{name: "the flow log before its rights", gate: "rules", at: at("dev-network", "AWS::EC2::FlowLog", ""), edits: []edit{dropIn("DependsOn")}},
	{name: "the wait for the platform comes first", gate: "incluster", at: platformReady, edits: []edit{dropIn("DependsOn")}},
	{name: "the tenants are not waited for", gate: "incluster", at: platform, edits: []edit{setIn([]any{"SyncTenants54A260C8"}, "DependsOn")}},
	{name: "the source does not wait for the guard", gate: "incluster", at: source, edits: []edit{setIn([]any{"SyncFacts549DFF83"}, "DependsOn")}},
	{name: "the facts before Flux is ready", gate: "incluster", at: facts, edits: []edit{setIn([]any{"FluxInstanceA725B048"}, "DependsOn")}},
	{name: "the operator waits for one association only", gate: "incluster", at: operator, edits: []edit{setIn([]any{"sourcecontrollerAssociation29C4794F"}, "DependsOn")}},
	{name: "the wait asks for a request that nobody made", gate: "incluster", at: tenantsReady, edits: []edit{swap("b87bf8ea7fc22bc3", "b87bf8ea7fc22bc4", "JsonPath")}},
	{name: "the request that is waited for is not made", gate: "incluster", at: platform, edits: []edit{swap("3bee72437bb0e256", "", "Manifest")}, says: []place{platform, platformReady}},
	{name: "the wait is for another object", gate: "incluster", at: tenantsReady, edits: []edit{swap("metadata.name=tenants", "metadata.name=tenant", "ObjectName")}},
	{name: "the wait is for another kind", gate: "incluster", at: tenantsReady, edits: []edit{set("helmreleases.helm.toolkit.fluxcd.io", "ObjectType")}},
	{name: "the wait is in another namespace", gate: "incluster", at: tenantsReady, edits: []edit{set("default", "ObjectNamespace")}},
	{name: "the wait is longer than the function lives", gate: "incluster", at: tenantsReady, edits: []edit{set(1800, "TimeoutSeconds")}},
	{name: "the wait is for no time", gate: "incluster", at: tenantsReady, edits: []edit{set(0, "TimeoutSeconds")}},
	{name: "CloudFormation gives up before Helm", gate: "rules", at: operator, edits: []edit{set("60", "ServiceTimeout")}},
	{name: "CloudFormation waits an hour", gate: "rules", at: operator, edits: []edit{drop("ServiceTimeout")}},
	{name: "the object's handler is the kubectl function itself", gate: "rules", at: tenants, edits: []edit{set(as("Fn::Sub", "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:kubectl"), "ServiceToken")}},
	{name: "the sync stays when the stack goes", gate: "rules", at: platform, edits: []edit{setIn("Retain", "DeletionPolicy")}},
}

var moreFluxFaults = []fault{
	{name: "the sync is suspended", gate: "incluster", at: platform, edits: []edit{swap(`"wait":false`, `"wait":false,"suspend":true`, "Manifest")}},
	{name: "the source is suspended", gate: "incluster", at: source, edits: []edit{swap(`"timeout":"60s"`, `"timeout":"60s","suspend":true`, "Manifest")}},
	{name: "objects are made anew by force", gate: "incluster", at: platform, edits: []edit{swap(`"wait":false`, `"wait":false,"force":true`, "Manifest")}},
	{name: "all goes into one namespace", gate: "incluster", at: tenants, edits: []edit{swap(`"wait":true`, `"wait":true,"targetNamespace":"default"`, "Manifest")}},
	{name: "an interval of nought", gate: "incluster", at: source, edits: []edit{swap(`"interval":"60s"`, `"interval":"0s"`, "Manifest")}},
	{name: "an interval without a unit", gate: "incluster", at: source, edits: []edit{swap(`"interval":"60s"`, `"interval":"60"`, "Manifest")}},
	{name: "an interval of a second", gate: "incluster", at: source, edits: []edit{swap(`"interval":"60s"`, `"interval":"1s"`, "Manifest")}},
	{name: "an interval of a month", gate: "incluster", at: platform, edits: []edit{swap(`"interval":"60s"`, `"interval":"720h"`, "Manifest")}},
	{name: "an API group of another kind", gate: "incluster", at: platform, edits: []edit{swap("kustomize.toolkit.fluxcd.io/v1", "kustomize.config.k8s.io/v1beta1", "Manifest")}},
	{name: "a kind that does not exist", gate: "incluster", at: source, edits: []edit{swap(`"kind":"GitRepository"`, `"kind":"GitRepo"`, "Manifest")}},
	{name: "a key twice", gate: "incluster", at: platform, edits: []edit{swap(`"wait":false`, `"prune":false,"wait":false`, "Manifest")}},
	{name: "no namespace", gate: "incluster", at: platform, edits: []edit{swap(`,"namespace":"flux-system"`, ``, "Manifest")}},
	{name: "another namespace", gate: "incluster", at: source, edits: []edit{swap(`"namespace":"flux-system"`, `"namespace":"default"`, "Manifest")}},
	{name: "decryption by nobody", gate: "incluster", at: tenants, edits: []edit{swap(`"wait":true`, `"wait":true,"decryption":{"provider":"age"}`, "Manifest")}},
	{name: "decryption with a key that is not there", gate: "incluster", at: tenants, edits: []edit{swap(`"wait":true`, `"wait":true,"decryption":{"provider":"sops","secretRef":{"name":"sops-age"}}`, "Manifest")}},
	{name: "a path outside the repository", gate: "seed", at: tenants, edits: []edit{swap("./tenants", "../tenants", "Manifest")}},
	{name: "the whole repository", gate: "seed", at: platform, edits: []edit{swap("./clusters/dev", "./", "Manifest")}},
	{name: "the source follows another branch", gate: "incluster", at: source, edits: []edit{swap(`"branch":"main"`, `"branch":"master"`, "Manifest")}},
	{name: "the source follows a tag", gate: "incluster", at: source, edits: []edit{swap(`"ref":{"branch":"main"}`, `"ref":{"tag":"v1"}`, "Manifest")}},
	{name: "the source follows nothing", gate: "incluster", at: source, edits: []edit{swap(`"ref":{"branch":"main"},`, ``, "Manifest")}},
	{name: "the source does not log in", gate: "incluster", at: source, edits: []edit{swap(`"provider":"aws"`, `"provider":"generic"`, "Manifest")}},
	{name: "the source logs in elsewhere", gate: "incluster", at: source, edits: []edit{swap(`"provider":"aws"`, `"provider":"azure"`, "Manifest")}},
	{name: "the source is in the clear", gate: "incluster", at: source, edits: []edit{swap("https://git-codecommit", "http://git-codecommit", "Manifest")}},
	{name: "a Secret that nobody makes", gate: "incluster", at: source, edits: []edit{swap(`"provider":"aws"`, `"provider":"aws","secretRef":{"name":"git"}`, "Manifest")}},
	{name: "a timeout longer than the function lives", gate: "incluster", at: tenants, edits: []edit{swap(`"timeout":"480s"`, `"timeout":"3600s"`, "Manifest")}},
	{name: "a timeout of nought", gate: "incluster", at: tenants, edits: []edit{swap(`"timeout":"480s"`, `"timeout":"0s"`, "Manifest")}},
	{name: "tenants are not waited for by Flux", gate: "incluster", at: tenants, edits: []edit{swap(`"wait":true`, `"wait":false`, "Manifest")}},
	{name: "the platform waits for every app", gate: "incluster", at: platform, edits: []edit{swap(`"wait":false`, `"wait":true`, "Manifest")}},
	{name: "facts are not put in", gate: "incluster", at: tenants, edits: []edit{swap(`"postBuild":{"substituteFrom":[{"kind":"ConfigMap","name":"cluster-facts"}]},`, ``, "Manifest")}},
	{name: "facts are optional", gate: "incluster", at: platform, edits: []edit{swap(`"name":"cluster-facts"}`, `"name":"cluster-facts","optional":true}`, "Manifest")}},
	{name: "facts come from a Secret", gate: "incluster", at: platform, edits: []edit{swap(`"kind":"ConfigMap","name":"cluster-facts"`, `"kind":"Secret","name":"cluster-facts"`, "Manifest")}},
	{name: "tenants depend on the platform", gate: "incluster", at: tenants, edits: []edit{swap(`"wait":true`, `"wait":true,"dependsOn":[{"name":"platform"}]`, "Manifest")}, says: []place{tenants, platform}},
	{name: "the platform does not depend on the tenants", gate: "incluster", at: platform, edits: []edit{swap(`"dependsOn":[{"name":"tenants"}],`, ``, "Manifest")}},
	{name: "the platform acts as the controller", gate: "incluster", at: platform, edits: []edit{swap(`"serviceAccountName":"platform-reconciler"`, `"serviceAccountName":"kustomize-controller"`, "Manifest")}},
	{name: "objects are left behind", gate: "incluster", at: platform, edits: []edit{swap("WaitForTermination", "Orphan", "Manifest")}},
	{name: "facts of another environment", gate: "incluster", at: facts, edits: []edit{swap(`"environment":"dev"`, `"environment":"prod"`, "Manifest")}},
	{name: "facts of another cluster", gate: "incluster", at: facts, edits: []edit{swap(`"cluster_name":"platform-dev"`, `"cluster_name":"platform-prod"`, "Manifest")}},
	{name: "facts of other images", gate: "incluster", at: facts, edits: []edit{swap(`/platform","registry"`, `/plattform","registry"`, "Manifest")}},
	{name: "a fact that is a number", gate: "incluster", at: facts, edits: []edit{swap(`"environment":"dev"`, `"replicas":3,"environment":"dev"`, "Manifest")}},
	{name: "a change of the facts is not noticed", gate: "incluster", at: facts, edits: []edit{swap(`"reconcile.fluxcd.io/watch":"Enabled"`, `"reconcile.fluxcd.io/watched":"Enabled"`, "Manifest")}},
	{name: "facts in another namespace", gate: "incluster", at: facts, edits: []edit{swap(`"namespace":"flux-system"`, `"namespace":"kube-system"`, "Manifest")}},
	{name: "two objects in one resource", gate: "incluster", at: source, edits: []edit{swap(`}]`, `},{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"x"}}]`, "Manifest")}},
	{name: "an object that is no list", gate: "incluster", at: tenants, edits: []edit{swap(`[{"apiVersion":"kustomize`, `{"apiVersion":"kustomize`, "Manifest"), swap(`"wait":true}}]`, `"wait":true}}`, "Manifest")}},
	{name: "an administrator beside Flux", gate: "incluster", at: facts, edits: unchanged, says: []place{declared("dev-gitops", "Admin")}, beside: func(t map[string]any) {
		resources := section(t, "Resources")
		properties := map[string]any{}
		for key, value := range resources["SyncTenants54A260C8"].(map[string]any)["Properties"].(map[string]any) {
			properties[key] = value
		}
		properties["Manifest"] = `[{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"all"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cluster-admin"},"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"Group","name":"system:authenticated"}]}]`
		resources["Admin"] = map[string]any{"Type": "Custom::AWSCDK-EKS-KubernetesResource", "Properties": properties, "DependsOn": []any{"FluxReady2560F60B"}, "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
	}},
	{name: "a size that Flux does not have", gate: "incluster", at: instance, edits: []edit{swap(`"size":"small"`, `"size":"tiny"`, "Values")}},
	{name: "a cluster of another kind", gate: "incluster", at: instance, edits: []edit{swap(`"type":"aws"`, `"type":"eks"`, "Values")}},
	{name: "a version that floats", gate: "rules", at: instance, edits: []edit{swap(`"version":"2.9.4"`, `"version":"2.x"`, "Values")}},
	{name: "a component that does not exist", gate: "incluster", at: instance, edits: []edit{swap(`"helm-controller","notification`, `"helm-operator","notification`, "Values")}},
	{name: "a component twice", gate: "incluster", at: instance, edits: []edit{swap(`"helm-controller","notification`, `"source-controller","notification`, "Values")}},
	{name: "a patch of nobody", gate: "incluster", at: instance, edits: []edit{swap(`(kustomize-controller|helm-controller)`, `(kustomise-controller|helm-operator)`, "Values")}},
	{name: "a patch that is no YAML", gate: "incluster", at: instance, edits: []edit{swap(`- op: add`, `- op: [add`, "Values")}},
	{name: "a patch that does not exist", gate: "incluster", at: instance, edits: []edit{swap(`op: add`, `op: append`, "Values")}},
	{name: "a duration without a unit", gate: "incluster", at: instance, edits: []edit{swap(`--requeue-dependency=2s`, `--requeue-dependency=2`, "Values")}},
	{name: "a flag that does not exist", gate: "incluster", at: instance, edits: []edit{swap(`--requeue-dependency=2s`, `--requeue-dependencies=2s`, "Values")}},
	{name: "a value that the chart does not have", gate: "incluster", at: instance, edits: []edit{swap(`"networkPolicy":true`, `"networkPolicies":true`, "Values")}},
	{name: "a value that the operator's chart does not have", gate: "incluster", at: operator, edits: []edit{swap(`"web":`, `"website":`, "Values")}},
	{name: "tenancy as a text", gate: "incluster", at: instance, edits: []edit{swap(`"multitenant":true`, `"multitenant":"false"`, "Values")}},
	{name: "a distribution from an artifact that floats", gate: "incluster", at: instance, edits: []edit{swap(`"artifact":""`, `"artifact":"oci://ghcr.io/controlplaneio-fluxcd/flux-operator-manifests:latest"`, "Values")}},
	{name: "the sync is the instance's, too", gate: "incluster", at: instance, edits: []edit{swap(`"instance":{`, `"instance":{"sync":{"kind":"GitRepository","url":"https://example.com/x","ref":"main","path":"./"},`, "Values")}},
	{name: "the instance in another namespace", gate: "incluster", at: instance, edits: []edit{set("default", "Namespace")}},
	{name: "the instance is not waited for", gate: "incluster", at: instance, edits: []edit{set(false, "Wait")}},
	{name: "the instance of another version than the operator", gate: "rules", at: instance, edits: []edit{set("0.40.0", "Version")}},
	{name: "a version with a v", gate: "rules", at: operator, edits: []edit{set("v0.58.1", "Version")}},
	{name: "a chart in the clear", gate: "incluster", at: operator, edits: []edit{swap("oci://", "http://", "Repository")}},
	{name: "the charts are swapped", gate: "incluster", at: operator, edits: []edit{swap("charts/flux-operator", "charts/flux-instance", "Repository")}},
	{name: "a release that Helm renames", gate: "incluster", at: instance, edits: []edit{set("Flux_Instance", "Release")}},
	{name: "the operator opens its web page", gate: "incluster", at: operator, edits: []edit{swap(`"enabled":false`, `"enabled":true`, "Values")}},
	{name: "the namespace is not made", gate: "incluster", at: operator, edits: []edit{set(false, "CreateNamespace")}},
	{name: "the lockdown is only written down", gate: "incluster", at: lockdownBinding, edits: []edit{swap(`["Deny"]`, `["Audit"]`, "Manifest")}},
	{name: "anybody acts as a controller of Flux", gate: "incluster", at: lockdownPolicy, edits: []edit{swap(`!(object.?spec.?serviceAccountName`, `(object.?spec.?serviceAccountName`, "Manifest")}},
	{name: "anybody changes the roots", gate: "incluster", at: lockdownPolicy, edits: []edit{swap(`!variables.root || `, `true || `, "Manifest")}},
	{name: "controllers make tokens of each other", gate: "incluster", at: instance, edits: []edit{swap(`\"events\"`, `\"serviceaccounts/token\"`, "Values")}},
	{name: "the guard guards another object", gate: "incluster", at: guardPolicy, edits: []edit{swap(`"resourceNames":["cluster-facts"]`, `"resourceNames":["cluster-fact"]`, "Manifest")}},
	{name: "the guard's rule does not compile", gate: "incluster", at: guardPolicy, edits: []edit{swap(`.exists(key,`, `.exist(key,`, "Manifest")}},
	{name: "the guard is bound to another policy", gate: "incluster", at: guardBinding, edits: []edit{swap(`"policyName":"teardown-guard"`, `"policyName":"teardown"`, "Manifest")}},
	{name: "the guard asks at the wrong time", gate: "incluster", at: guardCheck, edits: []edit{set(`{"metadata":{"annotations":{"gitops-eks/teardown":"requested"}}}`, "ApplyPatchJson")}},
	{name: "the guard asks never", gate: "incluster", at: guardCheck, edits: []edit{set(`{}`, "RestorePatchJson")}},
	{name: "the guard patches another object", gate: "incluster", at: guardCheck, edits: []edit{set("configmap/cluster-fact", "ResourceName")}},
	{name: "the service account of Pod Identity in capitals", gate: "rules", at: association, edits: []edit{set("Source-Controller", "ServiceAccount")}},
	{name: "the association of one controller has another's role", gate: "rules", at: association, edits: []edit{set(getAtt("imageautomationcontrollerRoleA11923FA", "Arn"), "RoleArn")}},
	{name: "no association", gate: "rules", at: association, edits: []edit{gone}, says: []place{source, operator, sourceRole}},
	{name: "a GitHub App without its Secret", gate: "incluster", variant: "connection", at: at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesResource", "Sync/Source"), edits: []edit{swap(`"secretRef":{"name":"github-app"},`, ``, "Manifest")}},
	{name: "GitHub's repository through AWS", gate: "incluster", variant: "connection", at: at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesResource", "Sync/Source"), edits: []edit{swap(`"provider":"github"`, `"provider":"aws"`, "Manifest")}},
	{name: "charts past the mirror", gate: "incluster", variant: "isolated", at: operator, edits: []edit{set("oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator", "Repository")}},
}
