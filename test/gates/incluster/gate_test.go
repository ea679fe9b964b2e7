package incluster

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/gatetest"
)

const (
	operatorPath   = "dev-gitops/Flux/Operator/Resource/Default"
	instancePath   = "dev-gitops/Flux/Instance/Resource/Default"
	fluxReadyPath  = "dev-gitops/Flux/Ready/Resource/Default"
	factsPath      = "dev-gitops/Sync/Facts/Resource/Default"
	policyPath     = "dev-gitops/Sync/Guard/Policy/Resource/Default"
	bindingPath    = "dev-gitops/Sync/Guard/Binding/Resource/Default"
	lockdownPath   = "dev-gitops/Flux/Lockdown/Policy/Resource/Default"
	checkPath      = "dev-gitops/Sync/Guard/Check/Resource/Default"
	sourcePath     = "dev-gitops/Sync/Source/Resource/Default"
	tenantsPath    = "dev-gitops/Sync/Tenants/Resource/Default"
	tenantsReady   = "dev-gitops/Sync/TenantsReady/Resource/Default"
	platformPath   = "dev-gitops/Sync/Platform/Resource/Default"
	platformReady  = "dev-gitops/Sync/PlatformReady/Resource/Default"
	networkPath    = "dev-cluster/Cluster/NetworkPolicies/Resource/Default"
	handlerEntry   = "dev-cluster/Cluster/Cluster/ClusterAdminRoleAccess/Resource"
	fluxSourceRole = "dev-gitops/source-controller/Association"
)

func TestEveryCustomResource(t *testing.T) {
	run(t, []fault{
		{name: "malformed JSON", path: tenantsPath, edit: manifest(`"spec":{`, `"spec":`), rule: "manifest", want: "not a JSON list"},
		{name: "unknown field", path: tenantsPath, edit: manifest(`"prune":`, `"purne":`), rule: "manifest", want: `unknown field "spec.purne"`},
		{name: "removed API", path: tenantsPath, edit: manifest("toolkit.fluxcd.io/v1", "toolkit.fluxcd.io/v1beta2"), rule: "manifest", want: "v1beta2"},
		{name: "two objects", path: factsPath, edit: manifest(`"namespace":"flux-system"}}]`, `"namespace":"flux-system"}},{"apiVersion":"v1","kind":"ConfigMap"}]`), rule: "manifest", want: "2 objects"},
		{name: "dangling reference", path: factsPath, edit: set("Manifest", map[string]any{"Ref": "Nobody"}), rule: "manifest", want: "refers to Nobody"},
		{name: "no overwrite", path: sourcePath, edit: set("Overwrite", false), rule: "overwrite", want: "AlreadyExists"},
		{name: "overwrite missing", path: sourcePath, edit: set("Overwrite", nil), rule: "properties", want: "Overwrite is missing"},
		{name: "misspelt property", path: operatorPath, edit: set("Waits", true), rule: "properties", want: "Waits"},
		{name: "no service timeout", path: factsPath, edit: set("ServiceTimeout", nil), rule: "properties", want: "ServiceTimeout is missing"},
		{name: "short service timeout", path: factsPath, edit: set("ServiceTimeout", "300"), rule: "service-timeout", want: "300"},
		{name: "retained", path: tenantsPath, edit: func(_ *testing.T, r *assembly.Resource) { r.Body["DeletionPolicy"] = "Retain" }, rule: "deletion", want: "Retain"},
		{name: "no cluster", path: sourcePath, edit: set("ClusterName", "platform-prod"), rule: "cluster", want: "platform-prod names no cluster"},
		{name: "cluster of another environment", variant: "prod-like", path: "prod-gitops/Sync/Source/Resource/Default",
			edit: replace("ClusterName", "acme-prod-cluster", "acme-dev-cluster"), rule: "cluster", want: ""},
		{name: "handler of nobody", path: sourcePath, edit: set("ServiceToken", "arn:aws:lambda:us-east-1:111111111111:function:x"), rule: "handler", want: "names no function"},
		{name: "namespace that is not there", path: sourcePath, edit: manifest(`"namespace":"flux-system"`, `"namespace":"flux"`), rule: "namespace", want: `"flux"`},
		{name: "handler without rights", path: handlerEntry, edit: replace("AccessPolicies", "AmazonEKSClusterAdminPolicy", "AmazonEKSViewPolicy"),
			rule: "access", want: "no access entry that administers", at: "dev-cluster/Cluster/Cluster/KubectlProvider/Handler/Resource"},
		{name: "handler ends early", path: "dev-cluster/Cluster/Cluster/KubectlProvider/Handler/Resource", edit: set("Timeout", 60.0), rule: "handler", want: "ends after 60"},
		{name: "network policies off", path: networkPath, edit: manifest(`"true"`, `"false"`), rule: "network-policies", want: "enforce NetworkPolicies"},
		{name: "network policies off, node groups", variant: "node-groups", path: "dev-cluster/Cluster/Addon-vpc-cni", edit: set("ConfigurationValues", nil), rule: "network-policies", want: "does not enforce"},
	})
}

func TestCharts(t *testing.T) {
	run(t, []fault{
		{name: "another chart", path: operatorPath, edit: set("Repository", "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operater"), rule: "chart", want: "flux-operater"},
		{name: "another registry", path: instancePath, edit: set("Repository", "oci://docker.io/controlplaneio-fluxcd/charts/flux-instance"), rule: "registry", want: "docker.io"},
		{name: "HTTP repository", path: operatorPath, edit: set("Repository", "http://charts.example/controlplaneio-fluxcd/charts/flux-operator"), rule: "chart", want: "want oci://"},
		{name: "floating version", path: operatorPath, edit: set("Version", "0.x"), rule: "version", want: "0.x"},
		{name: "long timeout", path: instancePath, edit: set("Timeout", "1200s"), rule: "timeout", want: "1200s"},
		{name: "no wait", path: operatorPath, edit: set("Wait", false), rule: "chart", want: "Wait is false"},
		{name: "another namespace", path: operatorPath, edit: set("Namespace", "default"), rule: "namespace", want: "default"},
		{name: "unknown value of the operator", path: operatorPath, edit: values(`"web":`, `"webb":`), rule: "values", want: "webb"},
		{name: "web interface", path: operatorPath, edit: values(`"enabled":false`, `"enabled":true`), rule: "values", want: "web interface"},
		{name: "malformed values", path: instancePath, edit: set("Values", "{"), rule: "values", want: "not a JSON object"},
		{name: "unknown value", path: instancePath, edit: values(`"multitenant":`, `"multiTenants":`), rule: "values", want: "multiTenants"},
		{name: "single tenant", path: instancePath, edit: values(`"multitenant":true`, `"multitenant":false`), rule: "multitenant", want: "off"},
		{name: "no network policy", path: instancePath, edit: values(`"networkPolicy":true,`, ``), rule: "network-policy", want: "off"},
		{name: "Flux of another time", path: instancePath, edit: values(`"version":"2.9.4"`, `"version":"2.5.0"`), rule: "version", want: "2.5.0"},
		{name: "another cluster type", path: instancePath, edit: values(`"type":"aws"`, `"type":"gcp"`), rule: "cluster-type", want: "gcp"},
		{name: "size", path: instancePath, edit: values(`"size":"small"`, `"size":"huge"`), rule: "cluster-size", want: "huge"},
		{name: "component lost", path: instancePath, edit: values(`"image-automation-controller"`, `"image-reflector-controller"`), rule: "components", want: "lacks image-automation-controller"},
		{name: "component misspelt", path: instancePath, edit: values(`"helm-controller","noti`, `"helm-contoller","noti`), rule: "components", want: "helm-contoller is no component"},
		{name: "sync in the instance", path: instancePath, edit: values(`"instance":{`, `"instance":{"sync":{"kind":"GitRepository"},`), rule: "values", want: "sync"},
		{name: "floating manifests", path: instancePath, edit: values(`"artifact":"",`, ``), rule: "artifact", want: "moves"},
		{name: "malformed patch", path: instancePath, edit: values(`- op: add\n  path`, `op add\n  path`), rule: "patches", want: "not a JSON patch"},
		{name: "patch of nothing", path: instancePath, edit: values(`"name":"kustomize-controller"`, `"name":"kustomise-controller"`), rule: "patches", want: "none of the components"},
		{name: "argument lost", path: instancePath, edit: values(`--requeue-dependency=2s`, `--requeue-dependency=50s`), rule: "patches", want: "does not run with --requeue-dependency=2s"},
		{name: "annotation lost", path: instancePath, edit: values(requestedAt, "requested"), rule: "requested-at", want: "missing"},
	})
}

func TestSync(t *testing.T) {
	run(t, []fault{
		{name: "fast source", path: sourcePath, edit: manifest(`"interval":"60s"`, `"interval":"10s"`), rule: "interval", want: "10s"},
		{name: "no branch", path: sourcePath, edit: manifest(`"branch":"main"`, `"tag":"v1"`), rule: "branch", want: "follows no branch"},
		{name: "another branch", path: sourcePath, edit: manifest(`"branch":"main"`, `"branch":"master"`), rule: "branch", want: `begins with "main"`},
		{name: "another repository", path: sourcePath, edit: manifest(`platform-config`, `platform-confg`), rule: "url", want: "platform-confg, which no stack makes"},
		{name: "HTTP", path: sourcePath, edit: manifest(`https://git-codecommit`, `http://git-codecommit`), rule: "url", want: "neither https"},
		{name: "no provider", path: sourcePath, edit: manifest(`"provider":"aws"`, `"provider":"generic"`), rule: "provider", want: "generic"},
		{name: "no timeout", path: sourcePath, edit: manifest(`"timeout":"60s",`, ``), rule: "timeout", want: "no timeout"},
		{name: "suspended source", path: sourcePath, edit: manifest(`"timeout":"60s"`, `"timeout":"60s","suspend":true`), rule: "suspended", want: "suspended"},
		{name: "no prune", path: platformPath, edit: manifest(`"prune":true`, `"prune":false`), rule: "prune", want: "prune is off"},
		{name: "tenants do not wait", path: tenantsPath, edit: manifest(`"wait":true`, `"wait":false`), rule: "wait", want: "wait is off"},
		{name: "platform waits", path: platformPath, edit: manifest(`"wait":false`, `"wait":true`), rule: "wait", want: "broken app"},
		{name: "no deletion policy", path: tenantsPath, edit: manifest(`"deletionPolicy":"WaitForTermination",`, ``), rule: "deletion-policy", want: "outlive"},
		{name: "no source", path: tenantsPath, edit: manifest(`"kind":"GitRepository","name":"flux-system"`, `"kind":"GitRepository","name":"flux"`), rule: "source", want: "flux, which does not exist"},
		{name: "no account", path: platformPath, edit: manifest(`"serviceAccountName":"platform-reconciler",`, ``), rule: "account", want: "cluster-admin or nobody"},
		{name: "cluster-admin", path: platformPath, edit: manifest(`"platform-reconciler"`, `"kustomize-controller"`), rule: "account", want: "kustomize-controller"},
		{name: "no dependency", path: platformPath, edit: manifest(`"dependsOn":[{"name":"tenants"}],`, ``), rule: "depends-on", want: "does not depend on tenants"},
		{name: "dependency misspelt", path: platformPath, edit: manifest(`"dependsOn":[{"name":"tenants"}]`, `"dependsOn":[{"name":"tenant"}]`), rule: "depends-on", want: "tenant, which does not exist"},
		{name: "tenants wait", path: tenantsPath, edit: manifest(`"wait":true`, `"wait":true,"dependsOn":[{"name":"platform"}]`), rule: "depends-on", want: "none would ever begin"},
		{name: "decryption", path: tenantsPath, edit: manifest(`"wait":true`, `"wait":true,"decryption":{"provider":"age"}`), rule: "decryption", want: "another provider"},
		{name: "secret beside Pod Identity", path: sourcePath, edit: manifest(`"provider":"aws"`, `"provider":"aws","secretRef":{"name":"git"}`), rule: "secret", want: "git, which nobody makes"},
		{name: "no facts", path: platformPath, edit: manifest(`"name":"cluster-facts"`, `"name":"facts"`), rule: "facts", want: "does not substitute"},
		{name: "slow retry", path: platformPath, edit: manifest(`"retryInterval":"30s"`, `"retryInterval":"10m"`), rule: "retry-interval", want: "no retryInterval"},
		{name: "short timeout", path: platformPath, edit: manifest(`"timeout":"480s"`, `"timeout":"60s"`), rule: "timeout", want: "no timeout"},
		{name: "fact lost", path: factsPath, edit: manifest(`"aws_region":"`, `"region":"`), rule: "facts", want: "lacks the key aws_region"},
		{name: "fact unknown", path: factsPath, edit: manifest(`"aws_region":"`, `"region":"`), rule: "facts", want: "the key region"},
		{name: "another environment's fact", path: factsPath, edit: manifest(`"environment":"dev"`, `"environment":"prod"`), rule: "facts", want: `"prod"`},
		{name: "another registry", path: factsPath, edit: manifest(`/platform"`, `/another"`), rule: "facts", want: "image_prefix"},
		{name: "watch label", path: factsPath, edit: manifest(`"Enabled"`, `"Disabled"`), rule: "facts", want: "at once"},
		{name: "no rights to pull", path: "dev-gitops/source-controller/Role/DefaultPolicy/Resource", edit: replace("PolicyDocument", "codecommit:GitPull", "codecommit:GetPull"),
			rule: "identity", want: "may not codecommit:GitPull", at: "dev-gitops/source-controller/Role/Resource"},
		{name: "credentials for nobody", path: fluxSourceRole, edit: set("ServiceAccount", "source-controler"), rule: "identity", want: "no controller of Flux"},
	})
}

func TestLockdown(t *testing.T) {
	run(t, []fault{
		{name: "everybody acts as the controller", path: lockdownPath, edit: manifest(`|| !(object.?spec.?serviceAccountName`, `|| (object.?spec.?serviceAccountName`), rule: "flux-lockdown", want: "admits that Git makes a Kustomization that acts as kustomize-controller"},
		{name: "anybody's root", path: lockdownPath, edit: manifest(`!variables.root ||`, `variables.root ||`), rule: "flux-lockdown", want: "admits that Git changes the root"},
		{name: "objects of others", path: lockdownPath, edit: manifest(`!(variables.account in variables.own)`, `true`), rule: "flux-lockdown", want: "admits that source-controller makes a Kustomization"},
		{name: "tokens", path: lockdownPath, edit: manifest(`serviceaccounts/token`, `serviceaccounts`), rule: "flux-lockdown", want: "makes a token of another"},
		{name: "nothing is right", path: lockdownPath, edit: manifest(`|| !variables.changed ||`, `||`), rule: "flux-lockdown", want: "refuses that"},
		{name: "lockdown audits", path: "dev-gitops/Flux/Lockdown/Binding/Resource/Default", edit: manifest(`"Deny"`, `"Audit"`), rule: "flux-lockdown", want: "does not put the policy to work"},
		{name: "lockdown ignores errors", path: lockdownPath, edit: manifest(`"failurePolicy":"Fail"`, `"failurePolicy":"Ignore"`), rule: "flux-lockdown", want: "Ignore"},
		{name: "controllers make objects", path: instancePath, edit: values(`\"verbs\":[\"get\",\"list\",\"watch\",\"update\",\"patch\"]`, `\"verbs\":[\"*\"]`), rule: "narrow", want: "may * the objects of all others"},
		{name: "controllers make tokens", path: instancePath, edit: values(`\"events\"`, `\"serviceaccounts/token\"`), rule: "narrow", want: "and so be any other"},
		{name: "another administrator", path: instancePath, edit: values(`\"name\":\"kustomize-controller\"`, `\"name\":\"source-controller\"`), rule: "narrow", want: "source-controller is an administrator"},
		{name: "the distribution's roles", path: instancePath, edit: values(`"name":"crd-controller"`, `"name":"crd-controllers"`), rule: "narrow", want: "no patch narrows the ClusterRole crd-controller"},
	})
}

func TestGuardAndWaits(t *testing.T) {
	run(t, []fault{
		{name: "policy admits", path: policyPath, edit: manifest("!(object", "(object"), rule: "teardown-guard", want: "teardown would go on", at: checkPath},
		{name: "CEL", path: policyPath, edit: manifest("orValue({}).exists", "orValue({}).exist"), rule: "admission-policy", want: "exist"},
		{name: "policy of other objects", path: policyPath, edit: manifest(`"configmaps"`, `"secrets"`), rule: "teardown-guard", want: "does not look"},
		{name: "binding audits", path: bindingPath, edit: manifest(`"Deny"`, `"Audit"`), rule: "teardown-guard", want: "refuses nothing"},
		{name: "binding of another policy", path: bindingPath, edit: manifest(`"policyName":"teardown-guard"`, `"policyName":"guard"`), rule: "teardown-guard", want: `"guard"`},
		{name: "binding without namespaces", path: bindingPath, edit: manifest(`"kustomize.toolkit.fluxcd.io/name":"tenants"`, `"kustomize.toolkit.fluxcd.io/name":"platform"`), rule: "teardown-guard", want: "want the namespaces"},
		{name: "binding blocks", path: bindingPath, edit: manifest(`"Allow"`, `"Deny"`), rule: "teardown-guard", want: "when all namespaces are gone"},
		{name: "patch of nothing", path: checkPath, edit: set("RestorePatchJson", "{}"), rule: "teardown-guard", want: "teardown would go on"},
		{name: "patch that fails", path: checkPath, edit: set("ApplyPatchJson", `{"metadata":{"annotations":{"gitops-eks/teardown":"x"}}}`), rule: "teardown-guard", want: "deployment would fail"},
		{name: "patch elsewhere", path: checkPath, edit: set("ResourceName", "configmap/facts"), rule: "teardown-guard", want: "configmap/facts"},
		{name: "older revision", path: tenantsReady, edit: replace("JsonPath", `lastHandledReconcileAt=="`, `lastHandledReconcileAt=="0`), rule: "wait", want: "does not wait for the revision"},
		{name: "any reason", path: platformReady, edit: replace("JsonPath", `[?(@.reason=="ReconciliationSucceeded")]`, `[*]`), rule: "wait", want: "when the object is not ready"},
		{name: "another reason", path: platformReady, edit: replace("JsonPath", "ReconciliationSucceeded", "Succeeded"), rule: "wait", want: "when the object is ready"},
		{name: "path that cannot be read", path: fluxReadyPath, edit: replace("JsonPath", "{end", ""), rule: "wait", want: "JsonPath"},
		{name: "long wait", path: fluxReadyPath, edit: set("TimeoutSeconds", 1800.0), rule: "wait", want: "1800"},
		{name: "wait for nothing", path: tenantsReady, edit: set("ObjectName", selector+"tenant"), rule: "wait", want: "tenant, which nothing makes"},
	})
}

func TestOrder(t *testing.T) {
	const serviceAccount = "dev-gitops/source-controller/Association"
	run(t, []fault{
		{name: "operator without credentials", path: operatorPath, edit: alone, rule: "order", want: "credentials of source-controller"},
		{name: "instance before operator", path: instancePath, edit: alone, rule: "order", want: "the binding of the lockdown"},
		{name: "wait before instance", path: fluxReadyPath, edit: alone, rule: "order", want: "the FluxInstance"},
		{name: "facts before Flux", path: factsPath, edit: alone, rule: "order", want: "the wait for Flux"},
		{name: "binding before policy", path: bindingPath, edit: alone, rule: "order", want: "the policy of the teardown guard"},
		{name: "check before binding", path: checkPath, edit: alone, rule: "order", want: "the binding"},
		{name: "source before guard", path: sourcePath, edit: alone, rule: "order", want: "the check of the teardown guard"},
		{name: "tenants before source", path: tenantsPath, edit: alone, rule: "order", want: "the GitRepository"},
		{name: "platform before tenants", path: platformPath, edit: alone, rule: "order", want: "the wait for tenants"},
		{name: "wait before platform", path: platformReady, edit: alone, rule: "order", want: "the Kustomization platform"},
		{name: "role before policy", path: serviceAccount, edit: alone, rule: "order", want: "empty role"},
		{name: "network policies before access", path: networkPath, edit: alone, rule: "order", want: "access entry"},
		{name: "DNS before nodes", variant: "node-groups", path: "dev-cluster/Cluster/Addon-coredns", edit: alone, rule: "order", want: "the nodes"},
		{name: "stack order", path: operatorPath, edit: func(_ *testing.T, r *assembly.Resource) { r.Stack.DependsOn = []string{"delivery"} }, rule: "order", want: "the cluster"},
	})
}

func TestWhatIsMissing(t *testing.T) {
	for path, want := range map[string]string{
		operatorPath: "chart flux-operator", instancePath: "chart flux-instance", fluxReadyPath: "fluxinstances", factsPath: "ConfigMap cluster-facts",
		policyPath: "admission policy", bindingPath: "binding", checkPath: "patch", sourcePath: "GitRepository", tenantsPath: "Kustomization tenants",
		tenantsReady: "does not wait until", platformPath: "Kustomization platform", fluxSourceRole: "source-controller has no credentials",
	} {
		a := gatetest.Read(t, gatetest.Synth(t, "default").Dir)
		gone(t, find(t, a, path))
		found := ""
		for _, f := range Check(a) {
			require.NotEmpty(t, f.Stack)
			found += f.Problem + "\n"
		}
		require.Contains(t, found, want, path)
	}
}
