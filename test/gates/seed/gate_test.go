package seed

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/gatetest"
	"gitops-eks/test/gates/incluster"
)

func TestNoFalseAlarm(t *testing.T) {
	for _, variant := range gatetest.Variants(t) {
		t.Run(variant, func(t *testing.T) {
			require.Empty(t, gatetest.Run(t, New(), gatetest.Synth(t, variant)))
		})
	}
}

// The delivery stack may be an assembly of its own.
func TestDeliveryAlone(t *testing.T) {
	a := gatetest.Synth(t, "default")
	a.Stacks = []*assembly.Stack{a.Stack("delivery")}
	require.Empty(t, gatetest.Run(t, New(), a))
}

func TestNobodyFollowsTheConfigRepository(t *testing.T) {
	a := gatetest.Mutated(t, gatetest.Synth(t, "default"), "delivery", func(template map[string]any) {
		gatetest.Resource(t, template, "AWS::CodeCommit::Repository", "Config")["Properties"].(map[string]any)["RepositoryName"] = "platform-other"
	})
	found := gatetest.Run(t, New(), a)
	require.Len(t, found, 1)
	require.Equal(t, "unfollowed", found[0].Rule)
	require.Equal(t, "delivery/Config/Repository/Resource", found[0].Path)
}

// edited is the default assembly with a change to a file of the seed of the
// repository whose construct path contains part. An empty old makes the file.
func edited(t *testing.T, part, file, old, to string) (*assembly.Assembly, *assembly.Resource) {
	t.Helper()
	a := gatetest.Read(t, gatetest.Synth(t, "default").Dir)
	for _, repository := range a.All("AWS::CodeCommit::Repository") {
		if !strings.Contains(repository.Path, part) {
			continue
		}
		asset := incluster.Seed(a, repository)
		dir := t.TempDir()
		require.NoError(t, os.CopyFS(dir, os.DirFS(asset.Path)))
		path := filepath.Join(dir, file)
		content := to
		if old != "" {
			before, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Contains(t, string(before), old, "the edit no longer fits")
			content = strings.Replace(string(before), old, to, 1)
		}
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		asset.Path = dir
		return a, repository
	}
	require.Fail(t, "no repository at "+part)
	return nil, nil
}

func TestFaultsInSeeds(t *testing.T) {
	const (
		config, app = "/Config/", "app-hello/"
		deployment  = "apps/base/hello/deployment.yaml"
		overlay     = "apps/dev/hello/kustomization.yaml"
		helloSync   = "clusters/dev/hello.yaml"
		images      = "infrastructure/policies/images/app-images.yaml"
		rbac        = "tenants/hello/rbac.yaml"
	)
	for _, c := range []struct {
		name, repository, file, old, new string
		rule, want                       string
		in                               string // the file that the finding names; by default the edited one
	}{
		{"malformed YAML", config, deployment, "spec:\n", "spec\n", "yaml", "yaml", ""},
		{"unknown field", config, deployment, "revisionHistoryLimit", "revisionHistory", "build", "revisionHistory", ""},
		{"removed API", config, "apps/base/hello/hpa.yaml", "autoscaling/v2", "autoscaling/v2beta2", "build", "v2beta2", ""},
		{"missing file", config, "apps/base/hello/kustomization.yaml", "- pdb.yaml", "- pdbs.yaml", "build", "pdbs.yaml", ""},
		{"forgotten file", config, "apps/base/hello/extra.yaml", "", "kind: ConfigMap\n", "forgotten", "no cluster reads", ""},
		{"prod too", config, "clusters/prod/hello.yaml", "prune: true", "prune: false", "prune", "prune is off", ""},
		{"circle", config, "clusters/dev/infrastructure.yaml", "- name: tenants", "- name: hello", "circle", "waits for itself", ""},
		{"dependency", config, helloSync, "- name: policies", "- name: policy", "depends-on", "policy, which does not exist", ""},
		{"variable", config, overlay, "${environment}", "${stage}", "build", `"stage"`, ""},
		{"latest", config, overlay, "newTag: 00000000T000000Z-0000000", "newTag: latest", "image-tag", "latest", ""},
		{"another registry", config, overlay, "${image_prefix}/hello", "docker.io/library/nginx", "image", "docker.io", ""},
		{"setter", config, overlay, "flux-system:hello:tag", "flux-system:hallo:tag", "setter", "hallo", ""},
		{"malformed setter", config, overlay, `{"$imagepolicy":`, `{"$imagepolicy" `, "setter", "cannot read", ""},
		{"root", config, deployment, "runAsNonRoot: true", "runAsNonRoot: false", "pod-security", "not restricted", ""},
		{"probe of another port", config, deployment, "path: /readyz\n              port: http", "path: /readyz\n              port: web", "ports", "readiness probe", ""},
		{"more than its limit", config, deployment, "cpu: 50m", "cpu: 2", "resources", "more than its limit", ""},
		{"service of another port", config, "apps/base/hello/service.yaml", "targetPort: http", "targetPort: web", "ports", "leads to port web", ""},
		{"service of no pods", config, "apps/base/hello/service.yaml", "  selector:\n    app.kubernetes.io/name: hello", "  selector:\n    app: hello", "selector", "matches no pods", ""},
		{"public service", config, "apps/base/hello/service.yaml", "type: ClusterIP", "type: LoadBalancer", "service", "outside", ""},
		{"budget that blocks", config, "apps/base/hello/pdb.yaml", "maxUnavailable: 1", "maxUnavailable: 0", "budget", "no node be drained", ""},
		{"budget that blocks by least", config, "apps/base/hello/pdb.yaml", "maxUnavailable: 1", "minAvailable: 2", "budget", "no node be drained", ""},
		{"min over max", config, "apps/base/hello/hpa.yaml", "minReplicas: 2", "minReplicas: 9", "autoscaler", "more than maxReplicas", ""},
		{"utilization", config, "apps/base/hello/hpa.yaml", "averageUtilization: 70", "averageUtilization: 700", "autoscaler", "700", ""},
		{"config map", config, deployment, "configMapRef:\n                name: hello", "configMapRef:\n                name: hallo", "reference", "ConfigMap hallo", ""},
		{"default deny", config, "infrastructure/policies/network/base/default-deny.yaml", "[Ingress, Egress]", "[Egress]", "network-policy", "default-deny", "infrastructure/policies/kustomization.yaml"},
		{"open to all", config, "infrastructure/policies/network/hello/allow-http.yaml", "10.0.0.0/8", "0.0.0.0/0", "network-policy", "everybody", ""},
		{"policy of another port", config, "infrastructure/policies/network/hello/allow-http.yaml", "port: 8080", "port: 80", "ports", "opens port 80", ""},
		{"no names", config, "infrastructure/policies/network/base/allow-dns.yaml", "protocol: UDP", "protocol: TCP", "network-policy", "resolve names", ""},
		{"CEL", config, images, "refused.size() == 0", "refused.length() == 0", "admission-policy", "length", ""},
		{"policy off", config, images, "[Deny]", "[Audit]", "admission-policy", "refuses nothing", ""},
		{"policy admits all", config, images, "expression: variables.refused.size() == 0", "expression: variables.refused.size() >= 0", "admission-policy", "keeps the tenants", ""},
		{"policy of no jobs", config, images, "cronjobs, jobs", "cronjobs", "admission-policy", "keeps the tenants", ""},
		{"ignored failure", config, images, "failurePolicy: Fail", "failurePolicy: Ignore", "admission-policy", "Ignore", ""},
		{"cluster-admin", config, rbac, "kind: ClusterRole\n  name: app-reconciler", "kind: ClusterRole\n  name: cluster-admin", "rbac", "cluster-admin", ""},
		{"group", config, rbac, "kind: ServiceAccount\n    name: hello", "kind: Group\n    name: system:authenticated", "rbac", "system:authenticated", ""},
		{"exec", config, "tenants/platform/app-roles.yaml", "resources: [pods]", "resources: [pods, pods/exec]", "rbac", "pods/exec", ""},
		{"wildcard", config, "tenants/platform/app-roles.yaml", "resources: [ingresses]", `resources: ["*"]`, "rbac", `"*"`, ""},
		{"secret", config, "apps/base/hello/serviceaccount.yaml", "automountServiceAccountToken: false", "automountServiceAccountToken: false\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: hello\nstringData:\n  password: x\n", "secret", "password", ""},
		{"tags of every form", config, "infrastructure/image-automation/hello.yaml", "'^(?P<time>[0-9]{8}T[0-9]{6}Z)-[0-9a-f]{7}$'", "'(?P<time>.*)'", "image-policy", "latest", ""},
		{"oldest image", config, "infrastructure/image-automation/hello.yaml", "order: asc", "order: desc", "image-policy", "which is newer", ""},
		{"push elsewhere", config, "infrastructure/image-automation/automation.yaml", "push:\n      branch: ${config_branch}", "push:\n      branch: other", "automation", "does not push", ""},
		{"opt-in that does not decode", config, "tenants/components/public-ingress/ingress-class.yaml", "controller:", "controler:", "build", "controler", ""},

		{"no room to roll out", config, deployment, "maxSurge: 1", "maxSurge: 0", "rollout", "both 0", ""},
		{"late deadline", config, deployment, "progressDeadlineSeconds: 120", "progressDeadlineSeconds: 1200", "rollout", "never said to have failed", ""},
		{"patch of nothing", config, "apps/prod/hello/kustomization.yaml", "  - path: hpa.yaml", "  - path: hpa.yaml\n    target:\n      kind: HorizontalPodAutoscaler\n      name: hallo", "patch", "leaves it out", ""},
		{"another environment's folder", config, "clusters/prod/hello.yaml", "./apps/prod/hello", "./apps/dev/hello", "path", "another environment", ""},
		{"ready expression", config, helloSync, "has(dep.status.lastAppliedRevision)", "has(dep.status", "expression", "readyExpr", ""},
		{"health expression", config, helloSync, "has(status.loadBalancer.ingress)", "exists(status)", "expression", "current", ""},
		{"group of the pattern", config, "infrastructure/image-automation/hello.yaml", "extract: $time", "extract: $date", "image-policy", "$date", ""},
		{"provider", config, "infrastructure/notifications/provider.yaml", "${alert_type}", "pigeon", "value", "pigeon", ""},
		{"kind of an alert", config, "infrastructure/notifications/alerts.yaml", "kind: HelmRelease", "kind: HelmReleases", "value", "HelmReleases", ""},
		{"lookalike registry", config, images, "'${image_prefix}/'", "'${image_prefix}'", "admission-policy", "keeps the tenants", ""},
		{"one direction", config, "infrastructure/policies/network/base/default-deny.yaml", "[Ingress, Egress]", "[Ingress]", "network-policy", "denies no Egress", ""},
		{"default below request", config, "tenants/hello/limits.yaml", "memory: 128Mi", "memory: 32Mi", "limit-range", "more than the default limit", ""},
		{"subject that is not there", config, rbac, "  - kind: ServiceAccount\n    name: hello\n    namespace: flux-system", "  - kind: ServiceAccount\n    name: hallo\n    namespace: flux-system", "rights", "flux-system/hallo, which no file makes", ""},
		{"resource that does not exist", config, "tenants/platform/app-roles.yaml", "[horizontalpodautoscalers]", "[horizontalpodautoscaler]", "rights", "names horizontalpodautoscaler", ""},
		{"an app's own bounds", config, "tenants/platform/app-roles.yaml", "resources: [ingresses]", "resources: [ingresses, networkpolicies]", "rights", "take away what bounds it", ""},
		{"class that is not there", config, "apps/base/hello/service.yaml", "apiVersion: v1\n", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: hello\nspec:\n  ingressClassName: nginx\n  defaultBackend:\n    service:\n      name: hello\n      port:\n        name: http\n---\napiVersion: v1\n", "reference", `"nginx"`, ""},

		{"base image", app, "Dockerfile", "library/alpine:3", "library/alpine:latest", "base-image", "any version", "Dockerfile:27"},
		{"base image of Docker Hub", app, "Dockerfile", "public.ecr.aws/docker/library/alpine:3", "alpine:3", "base-image", "limits anonymous pulls", "Dockerfile:27"},
		{"root image", app, "Dockerfile", "USER 65532:65532", "USER 0", "user", "root", "Dockerfile:30"},
		{"no user", app, "Dockerfile", "USER 65532:65532\n", "", "user", "runs as root", "Dockerfile"},
		{"named user", app, "Dockerfile", "USER 65532:65532", "USER app", "user", "runAsNonRoot", "Dockerfile:30"},
		{"download", app, "Dockerfile", "WORKDIR /src", "ADD https://example.com/x.tgz /x", "add", "without a checksum", "Dockerfile:12"},
		{"piped", app, "Dockerfile", "WORKDIR /src", "RUN curl -sL https://example.com/x | sh", "run", "shell", "Dockerfile:12"},
		{"password", app, "Dockerfile", "WORKDIR /src", "ENV DB_PASSWORD=x", "secret", "DB_PASSWORD", "Dockerfile:12"},
		{"stage", app, "Dockerfile", "--from=build", "--from=built", "copy", "built", "Dockerfile:28"},
		{"malformed Dockerfile", app, "Dockerfile", "EXPOSE 8080", "EXPOES 8080", "dockerfile", "EXPOES", "Dockerfile"},
		{"no entry point", app, "Dockerfile", `ENTRYPOINT ["/hello"]`, "", "dockerfile", "ENTRYPOINT", "Dockerfile"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, repository := edited(t, c.repository, c.file, c.old, c.new)
			found, err := check(a)
			require.NoError(t, err)
			in := c.in
			if in == "" {
				in = c.file
			}
			var lines []string
			for _, f := range found {
				if f.Rule == c.rule && strings.Contains(f.Problem, c.want) && strings.Contains(f.Path, in) && f.LogicalID == repository.LogicalID {
					require.NotEmpty(t, f.Fix)
					return
				}
				lines = append(lines, f.Rule+" "+f.Where()+" "+f.Problem)
			}
			require.Fail(t, "no finding "+c.rule, strings.Join(lines, "\n"))
		})
	}
}

func TestFaultsInTemplates(t *testing.T) {
	edit := func(path string, change func(*assembly.Resource)) []string {
		a := gatetest.Read(t, gatetest.Synth(t, "default").Dir)
		for _, r := range a.All() {
			if r.Path == path {
				change(r)
			}
		}
		found, err := check(a)
		require.NoError(t, err)
		var lines []string
		for _, f := range found {
			lines = append(lines, f.Stack+" "+f.Path+" "+f.Problem)
		}
		return lines
	}
	manifest := func(old, to string) func(*assembly.Resource) {
		return func(r *assembly.Resource) {
			text := r.Properties["Manifest"].(string)
			require.Contains(t, text, old)
			r.Properties["Manifest"] = strings.Replace(text, old, to, 1)
		}
	}
	const platform = "dev-gitops/Sync/Platform/Resource/Default"
	require.Contains(t, strings.Join(edit(platform, manifest("./clusters/dev", "./clusters/devv")), "\n"),
		"dev-gitops "+platform+" Kustomization platform: path clusters/devv does not exist")
	require.Contains(t, strings.Join(edit(platform, manifest("platform-reconciler", "platform-reconciller")), "\n"),
		"dev-gitops "+platform+" Kustomization platform: its ServiceAccount platform-reconciller is not in tenants")
	require.Contains(t, strings.Join(edit("delivery/Config/Repository/Resource", func(r *assembly.Resource) {
		r.Properties["Code"].(map[string]any)["S3"].(map[string]any)["Key"] = "0.zip"
	}), "\n"), "delivery delivery/Config/Repository/Resource Code.S3 names no asset")
	require.Contains(t, strings.Join(edit("dev-gitops/image-automation-controller/Association", func(r *assembly.Resource) {
		delete(r.Stack.Resources, r.LogicalID)
	}), "\n"), "no credentials to push with")
}

func TestArchive(t *testing.T) {
	a, repository := edited(t, "/Config/", "clusters/dev/hello.yaml", "prune: true", "prune: false")
	asset := incluster.Seed(a, repository)
	path := filepath.Join(t.TempDir(), "seed.zip")
	file, err := os.Create(path)
	require.NoError(t, err)
	archive := zip.NewWriter(file)
	require.NoError(t, archive.AddFS(os.DirFS(asset.Path)))
	require.NoError(t, archive.Close())
	require.NoError(t, file.Close())
	asset.Path = path
	found, err := check(a)
	require.NoError(t, err)
	require.NotEmpty(t, found)
	require.Contains(t, found[0].Problem, "prune is off")
	require.Equal(t, "clusters/dev/hello.yaml", strings.Split(found[0].Path, ", ")[0])
}
