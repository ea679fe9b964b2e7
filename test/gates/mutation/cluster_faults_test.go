package mutation

// The custom resources of the gitops stack.
var (
	operator     = at("dev-gitops", "Custom::AWSCDK-EKS-HelmChart", "Flux/Operator")
	instance     = at("dev-gitops", "Custom::AWSCDK-EKS-HelmChart", "Flux/Instance")
	fluxReady    = at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesObjectValue", "Flux/Ready")
	facts        = at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesResource", "Sync/Facts")
	source       = at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesResource", "Sync/Source")
	tenants      = at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesResource", "Sync/Tenants")
	tenantsReady = at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesObjectValue", "Sync/TenantsReady")
	platform     = at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesResource", "Sync/Platform")
	guardCheck   = at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesPatch", "Guard/Check")
	association  = at("dev-gitops", "AWS::EKS::PodIdentityAssociation", "source-controller")
)

var orderFaults = []fault{
	{name: "the operator does not wait for Pod Identity", gate: "incluster", at: operator, edits: []edit{dropIn("DependsOn")}},
	{name: "the instance does not wait for the operator", gate: "incluster", at: instance, edits: []edit{dropIn("DependsOn")}},
	{name: "nothing waits for the instance", gate: "incluster", at: facts, edits: []edit{dropIn("DependsOn")}},
	{name: "the source comes before the facts", gate: "incluster", at: source, edits: []edit{dropIn("DependsOn")}},
	{name: "the tenants do not wait for the source", gate: "incluster", at: tenants, edits: []edit{dropIn("DependsOn")}},
	{name: "the platform does not wait for the tenants", gate: "incluster", at: platform, edits: []edit{dropIn("DependsOn")}},
	{name: "Pod Identity does not wait for the role's policy", gate: "incluster", at: association, edits: []edit{dropIn("DependsOn")}},
	{name: "the guard does not wait for its binding", gate: "incluster", at: guardCheck, edits: []edit{setIn([]any{"SyncFacts549DFF83"}, "DependsOn")}},
	{name: "the wait for Flux does not wait for Flux", gate: "incluster", at: fluxReady, edits: []edit{dropIn("DependsOn")}},
}

var fluxFaults = []fault{
	{name: "a service account that no controller has", gate: "rules", at: association, edits: []edit{set("source-controler", "ServiceAccount")}},
	{name: "an association in another namespace", gate: "rules", at: association, edits: []edit{set("default", "Namespace")}},
	{name: "a manifest that is no JSON", gate: "incluster", at: platform, edits: []edit{swap(`"wait":false`, `"wait":,`, "Manifest")}},
	{name: "an unknown field", gate: "incluster", at: platform, edits: []edit{swap(`"wait":false`, `"waits":false`, "Manifest")}},
	{name: "an API that Flux has no more", gate: "incluster", at: source, edits: []edit{swap("source.toolkit.fluxcd.io/v1", "source.toolkit.fluxcd.io/v1beta2", "Manifest")}},
	{name: "a duration that is none", gate: "incluster", at: tenants, edits: []edit{swap(`"interval":"60s"`, `"interval":"1 minute"`, "Manifest")}},
	{name: "no prune", gate: "incluster", at: tenants, edits: []edit{swap(`"prune":true`, `"prune":false`, "Manifest")}},
	{name: "deletion does not wait", gate: "incluster", at: tenants, edits: []edit{swap(`"deletionPolicy":"WaitForTermination",`, ``, "Manifest")}},
	{name: "no service account", gate: "incluster", at: platform, edits: []edit{swap(`"serviceAccountName":"platform-reconciler",`, ``, "Manifest")}},
	{name: "a source that is not there", gate: "incluster", at: platform, edits: []edit{swap(`"sourceRef":{"kind":"GitRepository","name":"flux-system"}`, `"sourceRef":{"kind":"GitRepository","name":"config"}`, "Manifest")}},
	{name: "a path that the seed does not have", gate: "seed", at: platform, edits: []edit{swap("./clusters/dev", "./clusters/development", "Manifest")}},
	{name: "a dependency that is not there", gate: "incluster", at: platform, edits: []edit{swap(`"dependsOn":[{"name":"tenants"}]`, `"dependsOn":[{"name":"tenant"}]`, "Manifest")}},
	{name: "facts that are not there", gate: "incluster", at: tenants, edits: []edit{swap("cluster-facts", "cluster-fact", "Manifest")}},
	{name: "a fact that the seed uses is gone", gate: "incluster", at: facts, edits: []edit{swap("image_prefix", "image_prefixes", "Manifest")}},
	{name: "objects are not overwritten", gate: "incluster", at: tenants, edits: []edit{set(false, "Overwrite")}},
	{name: "Flux without its tenancy", gate: "incluster", at: instance, edits: []edit{swap(`"multitenant":true`, `"multitenant":false`, "Values")}},
	{name: "Flux without its network policies", gate: "incluster", at: instance, edits: []edit{swap(`"networkPolicy":true`, `"networkPolicy":false`, "Values")}},
	{name: "a controller is left out", gate: "incluster", at: instance, edits: []edit{swap(`"notification-controller",`, ``, "Values")}},
	{name: "values that are no JSON", gate: "incluster", at: instance, edits: []edit{swap(`{"commonAnnotations"`, `"commonAnnotations"`, "Values")}},
	{name: "a chart from elsewhere", gate: "incluster", at: operator, edits: []edit{swap("controlplaneio-fluxcd/charts", "example/charts", "Repository")}},
	{name: "Helm may take longer than the function lives", gate: "incluster", at: operator, edits: []edit{set("3600s", "Timeout")}},
	{name: "the wait matches at once", gate: "incluster", at: tenantsReady, edits: []edit{set(".status", "JsonPath")}},
	{name: "the guard lets everything pass", gate: "incluster", at: at("dev-gitops", "Custom::AWSCDK-EKS-KubernetesResource", "Guard/Binding"), edits: []edit{swap(`"Deny"`, `"Audit"`, "Manifest")}},
	{name: "credentials in a URL", gate: "incluster", at: source, edits: []edit{swap("https://git-codecommit.", "https://user:pass@git-codecommit.", "Manifest")}},
}

var seedFaults = []fault{
	{name: "malformed YAML", gate: "seed", at: file("apps/base/hello/service.yaml"), edits: []edit{more("\n  broken: [\n")}},
	{name: "an unknown field", gate: "seed", at: file("apps/base/hello/deployment.yaml"), edits: []edit{text("    spec:\n", "    spec:\n      hostNetworks: true\n")}},
	{name: "an API that is gone", gate: "seed", at: file("apps/base/hello/hpa.yaml"), edits: []edit{text("autoscaling/v2", "autoscaling/v2beta2")}},
	{name: "a resource that is not there", gate: "seed", at: file("apps/base/hello/kustomization.yaml"), edits: []edit{text("service.yaml", "services.yaml")}},
	{name: "a file that nobody lists", gate: "seed", at: file("apps/base/hello/forgotten.yaml"), edits: []edit{more("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: forgotten\n")}},
	{name: "no prune", gate: "seed", at: file("clusters/dev/hello.yaml"), edits: []edit{text("prune: true", "prune: false")}},
	{name: "a path that is not there", gate: "seed", at: file("clusters/dev/hello.yaml"), edits: []edit{text("./apps/dev/hello", "./apps/dev/hallo")}},
	{name: "a dependency that is not there", gate: "seed", at: file("clusters/dev/infrastructure.yaml"), edits: []edit{text("- name: tenants", "- name: tenant")}},
	{name: "the tenant's sync acts as the platform", gate: "seed", at: file("clusters/dev/hello.yaml"), edits: []edit{text("serviceAccountName: hello", "serviceAccountName: platform-reconciler")}},
	{name: "the tenant is an administrator", gate: "seed", at: file("tenants/hello/rbac.yaml"), edits: []edit{more("---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: hello\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: cluster-admin\nsubjects:\n  - kind: ServiceAccount\n    name: hello\n    namespace: flux-system\n")}},
	{name: "a privileged container", gate: "seed", at: file("apps/base/hello/deployment.yaml"), edits: []edit{text("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")}},
	{name: "a tag that moves", gate: "seed", at: file("apps/dev/hello/kustomization.yaml"), edits: []edit{text("newName: ${image_prefix}/hello", "newName: docker.io/library/nginx")}},
	{name: "a marker that names no policy", gate: "seed", at: file("apps/dev/hello/kustomization.yaml"), edits: []edit{text("flux-system:hello:tag", "flux-system:hallo:tag")}},
	{name: "a fact that is not there", gate: "seed", at: file("apps/dev/hello/kustomization.yaml"), edits: []edit{text("${environment}", "${stage}")}},
	{name: "a Secret in the clear", gate: "seed", at: file("apps/base/hello/service.yaml"), edits: []edit{more("---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: database\nstringData:\n  password: hunter2\n")}},
	{name: "a Service that selects nothing", gate: "seed", at: file("apps/base/hello/service.yaml"), edits: []edit{text("app.kubernetes.io/name: hello", "app.kubernetes.io/name: hallo")}},
	{name: "a disruption budget that blocks every drain", gate: "seed", at: file("apps/base/hello/pdb.yaml"), edits: []edit{text("maxUnavailable: 1", "maxUnavailable: 0")}},
	{name: "no limit of memory", gate: "seed", at: file("apps/base/hello/deployment.yaml"), edits: []edit{text("            limits:\n              cpu: 500m\n              memory: 64Mi\n", "")}},
	{name: "a policy that does not compile", gate: "seed", at: file("infrastructure/policies/images/app-images.yaml"), edits: []edit{text("startsWith(", "beginsWith(")}},
	{name: "the network is open", gate: "seed", at: file("infrastructure/policies/network/base/kustomization.yaml"), edits: []edit{text("  - default-deny.yaml\n", "")},
		says: []place{file("infrastructure/policies/network/base/default-deny.yaml")}},
}

var buildspecFaults = []fault{
	{name: "a buildspec that is no YAML", gate: "shell", at: build, edits: []edit{swap(`"version"`, `version"`, "Source", "BuildSpec")}},
	{name: "a phase that does not exist", gate: "shell", at: build, edits: []edit{swap(`"build": {`, `"builds": {`, "Source", "BuildSpec")}},
	{name: "a version that does not exist", gate: "shell", at: build, edits: []edit{swap(`"version": "0.2"`, `"version": "0.3"`, "Source", "BuildSpec")}},
	{name: "shell that does not parse", gate: "shell", at: build, edits: []edit{swap(`while :; do`, `while :;`, "Source", "BuildSpec")}},
	{name: "a variable that nobody sets", gate: "shell", at: build, edits: []edit{swap(`$REPOSITORY_NAME`, `$REPOSITORY`, "Source", "BuildSpec")}},
	{name: "failures are not noticed", gate: "shell", at: build, edits: []edit{swap(`set -euo pipefail`, ``, "Source", "BuildSpec")}},
	{name: "no scan", gate: "shell", at: build, edits: []edit{swap(`describe-image-scan-findings`, `describe-images`, "Source", "BuildSpec")}},
	{name: "a variable is not given", gate: "shell", at: build, edits: []edit{swap("SCAN_THRESHOLD", "THRESHOLD", "Environment", "EnvironmentVariables")}},
}
