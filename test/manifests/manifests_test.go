package manifests

import (
	"testing"

	"github.com/stretchr/testify/require"
	networkingv1 "k8s.io/api/networking/v1"
)

func TestEveryEnvironmentIsSound(t *testing.T) {
	tree := open(t)
	environments := tree.Environments()
	require.Equal(t, []string{"dev", "prod"}, environments)
	for _, name := range environments {
		require.Empty(t, tree.Check(NewCluster(name)), name)
		require.NotEmpty(t, load(t, tree, name).sync("hello").Objects)
	}
	require.Empty(t, edited(t, publicIngress...).Check(NewCluster("dev")), "with the public ingress")
}

// TestEveryFileIsRead finds what no environment builds and no opt-in brings in.
func TestEveryFileIsRead(t *testing.T) {
	orphans := func(edits ...edit) []string {
		tree := edited(t, append(edits, publicIngress...)...)
		for _, name := range tree.Environments() {
			_, err := tree.Load(NewCluster(name))
			require.NoError(t, err)
		}
		return tree.Orphans()
	}
	require.Empty(t, orphans())
	require.Equal(t, []string{"apps/base/hello/forgotten.yaml"},
		orphans(edit{"apps/base/hello/forgotten.yaml", "", "kind: ConfigMap"}))
}

func TestPublicIngressIsOptIn(t *testing.T) {
	require.Empty(t, all[*networkingv1.Ingress](load(t, open(t), "dev").Objects()))

	e := load(t, edited(t, publicIngress...), "dev")
	ingress := find(t, e, "networking.k8s.io/Ingress hello/hello").Typed.(*networkingv1.Ingress)
	class := find(t, e, "networking.k8s.io/IngressClass "+*ingress.Spec.IngressClassName).Typed.(*networkingv1.IngressClass)
	backend := ingress.Spec.Rules[0].HTTP.Paths[0].Backend.Service
	require.Equal(t, "hello", backend.Name)
	require.Equal(t, "http", backend.Port.Name)
	require.Equal(t, "eks.amazonaws.com/alb", class.Spec.Controller)
	params := find(t, e, "eks.amazonaws.com/IngressClassParams "+class.Spec.Parameters.Name)
	scheme, _, err := nested(params, "spec", "scheme")
	require.NoError(t, err)
	require.Equal(t, "internet-facing", scheme)
	// The class outlives the Ingress: tenants is deleted last.
	require.Contains(t, e.sync("tenants").Objects, find(t, e, "networking.k8s.io/IngressClass public"))
}

// TestEachRuleCanFail breaks the seed in one place at a time.
func TestEachRuleCanFail(t *testing.T) {
	const (
		helloSync   = "clusters/dev/hello.yaml"
		infra       = "clusters/dev/infrastructure.yaml"
		deployment  = "apps/base/hello/deployment.yaml"
		overlay     = "apps/dev/hello/kustomization.yaml"
		rbac        = "tenants/hello/rbac.yaml"
		roles       = "tenants/platform/app-roles.yaml"
		dns         = "infrastructure/policies/network/base/allow-dns.yaml"
		images      = "infrastructure/policies/images/app-images.yaml"
		pods        = "infrastructure/policies/workloads/app-pods.yaml"
		automation  = "infrastructure/image-automation/automation.yaml"
		placeholder = "newTag: 00000000T000000Z-0000000"
	)
	for _, c := range []struct {
		name        string
		environment string
		edits       []edit
		want        string
	}{
		// Build, substitution, strict decoding.
		{"path that does not exist", "dev", []edit{{helloSync, "./apps/dev/hello", "./apps/dev/helo"}},
			"Kustomization hello: path apps/dev/helo does not exist"},
		{"resource that does not exist", "dev", []edit{{overlay, "../../base/hello", "../../base/helo"}},
			"build apps/dev/hello failed"},
		{"variable that is no fact", "dev", []edit{{automation, "${config_branch}", "${branch}"}},
			`variable not set (strict mode): "branch"`},
		{"unknown field", "dev", []edit{{deployment, "revisionHistoryLimit: 3", "revisionHistory: 3"}},
			`unknown field "spec.revisionHistory"`},
		{"duplicate field", "dev", []edit{{"tenants/hello/limits.yaml", `pods: "30"`, "pods: \"30\"\n    pods: \"31\""}},
			`key "pods" already set`},
		{"removed Flux API", "dev", []edit{{automation, "image.toolkit.fluxcd.io/v1", "image.toolkit.fluxcd.io/v1beta2"}},
			`no kind "ImageUpdateAutomation" is registered for version "image.toolkit.fluxcd.io/v1beta2"`},
		{"unknown kind", "dev", []edit{{"apps/base/hello/pdb.yaml", "kind: PodDisruptionBudget", "kind: PodBudget"}},
			`no kind "PodBudget"`},

		// Flux Kustomizations.
		{"interval", "dev", []edit{{helloSync, "interval: 1m", "interval: 10m"}}, "hello: interval 10m0s, not 1m"},
		{"no retryInterval", "dev", []edit{{helloSync, "  retryInterval: 30s\n", ""}}, "hello: no retryInterval"},
		{"no timeout", "dev", []edit{{helloSync, "  timeout: 5m\n", ""}}, "hello: no timeout"},
		{"no prune", "dev", []edit{{helloSync, "prune: true", "prune: false"}}, "hello: prune is off"},
		{"no wait", "dev", []edit{{helloSync, "  wait: true\n", ""}}, "hello: wait is off"},
		{"no deletionPolicy", "dev", []edit{{helloSync, "  deletionPolicy: WaitForTermination\n", ""}}, `hello: deletionPolicy is "", not WaitForTermination`},
		{"suspended", "dev", []edit{{helloSync, "prune: true", "prune: true\n  suspend: true"}}, "hello: suspended"},
		{"source elsewhere", "dev", []edit{{helloSync, "kind: GitRepository\n    name: flux-system", "kind: GitRepository\n    name: flux-system\n    namespace: other"}},
			"hello: sourceRef is GitRepository other/flux-system"},
		{"other namespace", "dev", []edit{{helloSync, "namespace: flux-system", "namespace: hello"}}, `hello: in namespace "hello"`},
		{"no facts", "dev", []edit{{helloSync, "name: cluster-facts", "name: facts"}}, "hello: postBuild does not read cluster-facts"},
		{"dependency that does not exist", "dev", []edit{{infra, "- name: tenants", "- name: tenant"}}, "policies: depends on tenant, which does not exist"},
		{"app without policies", "dev", []edit{{helloSync, "- name: policies", "- name: tenants"}}, "hello: an app must depend on policies"},
		{"no dependency", "dev", []edit{{infra, "  dependsOn:\n    - name: tenants\n", ""}}, "policies: depends on nothing"},
		{"two owners", "dev", []edit{{"infrastructure/notifications/kustomization.yaml", "- alerts.yaml", "- alerts.yaml\n  - ../image-automation"}},
			"image.toolkit.fluxcd.io/ImagePolicy flux-system/hello: owned by"},
		{"CDK's object", "dev", []edit{{"tenants/hello/namespace.yaml", "  name: hello\n", "  name: flux-system\n"}}, "Namespace flux-system: owned by CDK and by tenants"},

		// Accounts and rights.
		{"account in its own Kustomization", "dev", []edit{
			{rbac, "kind: ServiceAccount\nmetadata:\n  name: hello\n  namespace: flux-system", "kind: ServiceAccount\nmetadata:\n  name: hello-2\n  namespace: flux-system"},
			{"infrastructure/policies/kustomization.yaml", "- images", "- images\n  - account.yaml"},
			{"infrastructure/policies/account.yaml", "", "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: hello\n  namespace: flux-system\n"},
		}, "hello: its ServiceAccount hello is not in tenants"},
		{"RBAC beside an app", "dev", []edit{
			{"apps/base/hello/kustomization.yaml", "- pdb.yaml", "- pdb.yaml\n  - role.yaml"},
			{"apps/base/hello/role.yaml", "", "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: hello\n"},
		}, "RBAC belongs to tenants"},
		{"no account", "dev", []edit{{helloSync, "  serviceAccountName: hello\n", ""}}, "hello: no serviceAccountName"},
		{"the controller's account", "dev", []edit{{helloSync, "serviceAccountName: hello", "serviceAccountName: kustomize-controller"}}, "which is cluster-admin"},
		{"missing right", "dev", []edit{{roles, "resources: [poddisruptionbudgets]", "resources: [podsecuritypolicies]"}},
			"hello: hello may not get poddisruptionbudgets for policy/PodDisruptionBudget hello/hello"},
		{"missing verb", "dev", []edit{{"tenants/platform/platform-reconciler.yaml", "create, patch, delete", "create, patch"}},
			"platform: platform-reconciler may not delete kustomizations"},
		{"no sight of pods", "dev", []edit{{roles, "resources: [pods]", "resources: [events]"}}, "hello may not list pods for apps/Deployment"},
		{"object in another namespace", "dev", []edit{{overlay, "namespace: hello", "namespace: kube-system"}},
			"hello may not get serviceaccounts for ServiceAccount kube-system/hello"},
		{"right that is not used", "dev", []edit{{"tenants/platform/infrastructure-reconciler.yaml", "[providers, alerts]", "[providers, alerts, receivers]"}},
			"infrastructure-reconciler: may create receivers, which it never applies"},
		{"tenant with a cluster-wide binding", "dev", []edit{{"tenants/platform/infrastructure-reconciler.yaml",
			"  - kind: ServiceAccount\n    name: infrastructure-reconciler\n    namespace: flux-system\n---",
			"  - kind: ServiceAccount\n    name: hello\n    namespace: flux-system\n---"}},
			"tenant hello: ClusterRoleBinding infrastructure-reconciler"},
		{"tenant in another namespace", "dev", []edit{{rbac, "name: app-reconciler\n  namespace: hello", "name: app-reconciler\n  namespace: kube-system"}},
			"tenant hello: RoleBinding app-reconciler in namespace kube-system"},
		{"account shared with a tenant", "dev", []edit{{infra, "serviceAccountName: infrastructure-reconciler", "serviceAccountName: hello"}},
			"tenant hello: its account is used by Kustomization policies"},
		{"wildcard", "dev", []edit{{roles, "resources: [ingresses]", `resources: ["*"]`}}, `role app-reconciler: "*"`},
		{"RBAC on RBAC", "dev", []edit{{roles, "apiGroups: [batch]", "apiGroups: [rbac.authorization.k8s.io]"}}, "role app-reconciler: may change RBAC"},

		// Namespaces.
		{"namespace not declared", "dev", []edit{{"tenants/hello/kustomization.yaml", "  - namespace.yaml\n", ""}}, `namespace "hello": not in tenants`},
		{"namespace without tenant label", "dev", []edit{{"tenants/hello/namespace.yaml", "    toolkit.fluxcd.io/tenant: hello\n", ""}}, "no label toolkit.fluxcd.io/tenant"},
		{"baseline Pod Security", "dev", []edit{{"tenants/hello/namespace.yaml", "enforce: restricted", "enforce: baseline"}}, "does not enforce the restricted"},
		{"half a default-deny", "dev", []edit{{"infrastructure/policies/network/base/default-deny.yaml", "[Ingress, Egress]", "[Ingress]"}}, "no default-deny NetworkPolicy"},
		{"no quota", "dev", []edit{{"tenants/hello/limits.yaml", "kind: ResourceQuota", "kind: LimitRange"}}, `namespace "hello": no ResourceQuota`},
		{"no limits", "dev", []edit{{"tenants/hello/limits.yaml", "---\n# For containers that do not say; the quota refuses a pod without these.\napiVersion: v1\nkind: LimitRange", "---\napiVersion: v1\nkind: ConfigMap"}},
			`namespace "hello": no LimitRange`},

		{"storage without bounds", "dev", []edit{{"tenants/hello/limits.yaml", "    requests.storage: 50Gi\n", ""}}, `namespace "hello": no ResourceQuota bounds requests.storage`},
		{"node's disk without bounds", "dev", []edit{{"tenants/hello/limits.yaml", "    limits.ephemeral-storage: 16Gi\n", ""}}, "no ResourceQuota bounds limits.ephemeral-storage"},
		{"objects without bounds", "dev", []edit{{"tenants/hello/limits.yaml", "    secrets: \"50\"\n", ""}}, "no ResourceQuota bounds count/secrets"},
		{"a kind without bounds", "dev", []edit{{roles, "resources: [cronjobs, jobs]", "resources: [cronjobs, jobs, others]"}}, "no ResourceQuota bounds count/others.batch"},

		// The way out.
		{"any resolver", "dev", []edit{{dns, "172.20.0.10/32", "0.0.0.0/0"}}, "NetworkPolicy allow-dns in hello: lets its pods ask every server on port 53"},
		{"no resolver of Auto Mode", "dev", []edit{{dns, "        - ipBlock:\n            cidr: 172.20.0.10/32\n", ""}}, `namespace hello: no NetworkPolicy lets its pods resolve names`},
		{"no resolver of node groups", "dev", []edit{{dns, "k8s-app: kube-dns", "k8s-app: coredns"}}, `namespace hello: no NetworkPolicy lets its pods resolve names`},

		// Admission.
		{"another app's images", "dev", []edit{{images, "+ namespaceObject.metadata.labels['toolkit.fluxcd.io/tenant'] + ':'", ""}}, "no admission policy of dev keeps the tenants to releases of their own app"},
		{"every tag", "dev", []edit{{images, "{8}T[0-9]{6}Z-[0-9a-f]{7}$", ""}}, "no admission policy of dev keeps the tenants to releases of their own app"},
		{"another app's overlay", "dev", []edit{{overlay, "newName: ${image_prefix}/hello", "newName: ${image_prefix}/other"}},
			"apps/Deployment hello/hello: the policy app-images refuses it: Forbidden: only releases of the tenant's own app"},
		{"another app's label", "dev", []edit{{"tenants/hello/namespace.yaml", "tenant: hello", "tenant: other"}}, "apps/Deployment hello/hello: the policy app-images refuses it"},
		{"writable roots", "dev", []edit{{pods, "variables.writable.size() == 0", "variables.writable.size() >= 0"}}, "no admission policy of dev refuses a writable root file system"},
		{"debug containers", "dev", []edit{{pods, "pods/ephemeralcontainers, ", ""}}, "no admission policy of dev refuses a writable root file system"},
		{"system priority", "dev", []edit{{pods, "startsWith('system-')", "startsWith('system:')"}}, "no admission policy of dev refuses the system's priority classes"},
		{"every taint", "dev", []edit{{pods, "t.?key.orValue('') == ''", "t.?key.orValue('') == '*'"}}, "no admission policy of dev refuses to tolerate every taint"},
		{"no taint", "dev", []edit{{pods, " && t.?key.orValue('') == ''", ""}}, "no admission policy of dev refuses to tolerate every taint, and nothing else"},
		{"external addresses", "dev", []edit{{"infrastructure/policies/workloads/kustomization.yaml", "  - app-services.yaml\n", ""}}, "no admission policy of dev refuses Services with externalIPs"},
		{"budgets", "dev", []edit{{"infrastructure/policies/workloads/app-budgets.yaml", "has(object.spec.maxUnavailable)", "!has(object.spec.minAvailable)"},
			{"infrastructure/policies/workloads/app-budgets.yaml", "'^0+%?$'", "'^0$'"}}, "no admission policy of dev refuses budgets that block every drain"},
		{"a budget that is refused", "dev", []edit{{"apps/base/hello/pdb.yaml", "unhealthyPodEvictionPolicy: AlwaysAllow", "unhealthyPodEvictionPolicy: IfHealthyBudget"}},
			"policy/PodDisruptionBudget hello/hello: the policy app-budgets refuses it"},

		// Pods.
		{"root", "dev", []edit{{deployment, "runAsNonRoot: true", "runAsNonRoot: false"}}, "not restricted: "},
		{"no seccomp", "dev", []edit{{deployment, "        seccompProfile:\n          type: RuntimeDefault\n", ""}}, "not restricted: "},
		{"capabilities", "dev", []edit{{deployment, "drop: [ALL]", "drop: [NET_RAW]"}}, "unrestricted capabilities"},
		{"writable root", "dev", []edit{{deployment, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"}}, "root file system is writable"},
		{"no memory limit", "dev", []edit{{deployment, "              memory: 64Mi\n", ""}}, "no memory limit"},
		{"no CPU request", "dev", []edit{{deployment, "              cpu: 50m\n", ""}}, "no cpu request"},
		{"token", "dev", []edit{{deployment, "      automountServiceAccountToken: false\n", ""}}, "mounts a ServiceAccount token"},
		{"default account", "dev", []edit{{deployment, "      serviceAccountName: hello\n", ""}}, "runs as the default ServiceAccount"},
		{"no readiness", "dev", []edit{{deployment, "readinessProbe:\n            httpGet:\n              path: /readyz\n              port: http\n            periodSeconds: 5\n            timeoutSeconds: 2\n", "stdin: false\n"}}, "readiness probes are not all there"},
		{"no preStop", "dev", []edit{{deployment, "          lifecycle:\n            preStop:\n              sleep:\n                seconds: 15\n", ""}}, "no preStop sleep"},
		{"short grace", "dev", []edit{{deployment, "terminationGracePeriodSeconds: 45", "terminationGracePeriodSeconds: 30"}}, "grace period is shorter than preStop sleep and drain, 33 s"},
		{"foreign image", "dev", []edit{{overlay, "${image_prefix}/hello", "docker.io/library/hello"}}, "image docker.io/library/hello:00000000T000000Z-0000000 is not from"},
		{"latest", "prod", []edit{{"apps/prod/hello/kustomization.yaml", placeholder, "newTag: latest"}}, "has no tag of the pipeline's form"},

		// Scaling.
		{"replicas and autoscaler", "dev", []edit{{deployment, "  progressDeadlineSeconds: 120", "  replicas: 2\n  progressDeadlineSeconds: 120"}}, "replicas is set"},
		{"one pod", "dev", []edit{{"apps/base/hello/hpa.yaml", "minReplicas: 2", "minReplicas: 1"}}, "can run as a single pod"},
		{"no autoscaler", "dev", []edit{{"apps/base/hello/hpa.yaml", "kind: Deployment", "kind: StatefulSet"}}, "no HorizontalPodAutoscaler"},
		{"no budget", "dev", []edit{{"apps/base/hello/pdb.yaml", "    matchLabels:\n      app.kubernetes.io/name: hello", "    matchLabels:\n      app.kubernetes.io/name: other"}}, "no PodDisruptionBudget"},
		{"no service", "dev", []edit{{"apps/base/hello/service.yaml", "  selector:\n    app.kubernetes.io/name: hello", "  selector:\n    app.kubernetes.io/name: other"}}, "no Service"},
		{"quota too small", "prod", []edit{{"apps/prod/hello/hpa.yaml", "maxReplicas: 10", "maxReplicas: 40"}}, "41 pods need 41 of pods, the quota has 30"},

		// Image automation.
		{"automation in prod", "prod", []edit{
			{"clusters/prod/image-automation.yaml", "", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: image-automation\n  namespace: flux-system\nspec:\n  path: ./infrastructure/image-automation\n"},
			{"clusters/prod/kustomization.yaml", "- hello.yaml", "- hello.yaml\n  - image-automation.yaml"},
		}, "prod changes by pull request only"},
		{"no automation in dev", "dev", []edit{{"clusters/dev/kustomization.yaml", "  - image-automation.yaml\n", ""}}, "0 ImageUpdateAutomations in dev"},
		{"automation of all apps", "dev", []edit{{automation, "./apps/${environment}", "./apps"}}, "does not update ./apps/dev"},
		{"not AWS", "dev", []edit{{"infrastructure/image-automation/hello.yaml", "provider: aws", "provider: generic"}}, `provider "generic", not aws`},
		{"another image", "dev", []edit{{"infrastructure/image-automation/hello.yaml", "${image_prefix}/hello", "${image_prefix}/helo"}}, "platform/helo, not"},
		{"policy without repository", "dev", []edit{{"infrastructure/image-automation/hello.yaml", "imageRepositoryRef:\n    name: hello", "imageRepositoryRef:\n    name: helo"}}, "no ImageRepository helo"},
		{"alert without provider", "dev", []edit{{"infrastructure/notifications/alerts.yaml", "name: alerts", "name: pager"}}, "Alert errors: no Provider pager"},
		{"failures that nobody hears of", "prod", []edit{{"infrastructure/notifications/alerts.yaml", "- kind: Kustomization", "- kind: HelmChart"}}, "no Alert for errors of all Kustomizations"},
		{"no setter", "dev", []edit{{overlay, ` # {"$imagepolicy": "flux-system:hello:tag"}`, ""}}, "no setter for flux-system:hello:tag in apps/dev"},
		{"setter for another policy", "dev", []edit{{overlay, "flux-system:hello:tag", "flux-system:helo:tag"}}, "which is no ImagePolicy's tag"},
		{"setter in prod", "prod", []edit{{"apps/prod/hello/kustomization.yaml", placeholder, placeholder + ` # {"$imagepolicy": "flux-system:hello:tag"}`}}, "a setter for flux-system:hello:tag, and prod changes by pull request only"},
	} {
		t.Run(c.name, func(t *testing.T) {
			problems := edited(t, c.edits...).Check(NewCluster(c.environment))
			require.Contains(t, text(problems), c.want)
		})
	}
}
