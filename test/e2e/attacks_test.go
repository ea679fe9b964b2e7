package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"gitops-eks/test/e2e/bench"
)

// attack is an object that a tenant, or a controller that was taken over, makes.
type attack struct {
	// as is the service account in flux-system that makes it.
	as string
	// object is YAML. IMAGE is what hello runs, and PREFIX what the platform's images begin with.
	object string
	// refused is what the API server says; "" when it has to admit the object.
	refused string
}

const (
	attackPod = `{apiVersion: batch/v1, kind: Job, metadata: {name: attack, namespace: hello}, spec: {template: {spec: {` +
		`restartPolicy: Never, securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}%s, ` +
		`containers: [{name: a, image: %q, securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: %t, capabilities: {drop: [ALL]}}}]}}}}`
	attackService = `{apiVersion: v1, kind: Service, metadata: {name: attack, namespace: hello}, spec: {ports: [{port: 80}]%s}}`
	attackBudget  = `{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: attack, namespace: hello}, ` +
		`spec: {unhealthyPodEvictionPolicy: %s, %s, selector: {matchLabels: {app: attack}}}}`
	attackClaim = `{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: attack, namespace: hello}, ` +
		`spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: %s}}}}`
	attackSync = `{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: attack, namespace: flux-system}, ` +
		`spec: {interval: 1m, prune: true, suspend: true, serviceAccountName: %s, path: ./apps/dev/hello, sourceRef: {kind: GitRepository, name: flux-system}}}`
	attackRelease = `{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: attack, namespace: flux-system}, ` +
		`spec: {interval: 1m, suspend: true, serviceAccountName: %s, chartRef: {kind: HelmChart, name: attack}}}`
)

var attacks = map[string]attack{
	"a release of the app":        {"hello", fmt.Sprintf(attackPod, "", "IMAGE", true), ""},
	"an image from elsewhere":     {"hello", fmt.Sprintf(attackPod, "", "docker.io/library/nginx:1", true), "'app-images'"},
	"another app's image":         {"hello", fmt.Sprintf(attackPod, "", "PREFIX/other:20261123T101500Z-0a1b2c3", true), "'app-images'"},
	"an untagged digest":          {"hello", fmt.Sprintf(attackPod, "", "PREFIX/hello@sha256:"+strings.Repeat("0", 64), true), "'app-images'"},
	"the build's cache":           {"hello", fmt.Sprintf(attackPod, "", "PREFIX/hello:cache", true), "'app-images'"},
	"a writable root":             {"hello", fmt.Sprintf(attackPod, "", "IMAGE", false), "'app-pods'"},
	"the system's priority":       {"hello", fmt.Sprintf(attackPod, ", priorityClassName: system-node-critical", "IMAGE", true), "'app-pods'"},
	"a toleration of every taint": {"hello", fmt.Sprintf(attackPod, ", tolerations: [{operator: Exists}]", "IMAGE", true), "'app-pods'"},
	"a toleration of one taint":   {"hello", fmt.Sprintf(attackPod, ", tolerations: [{key: gpu, operator: Exists}]", "IMAGE", true), ""},
	"a Service":                   {"hello", fmt.Sprintf(attackService, ""), ""},
	"external addresses":          {"hello", fmt.Sprintf(attackService, ", externalIPs: [192.0.2.1]"), "'app-services'"},
	"a budget":                    {"hello", fmt.Sprintf(attackBudget, "AlwaysAllow", "maxUnavailable: 1"), ""},
	"a budget in percent":         {"hello", fmt.Sprintf(attackBudget, "AlwaysAllow", "maxUnavailable: 10%"), ""},
	"a budget of none":            {"hello", fmt.Sprintf(attackBudget, "AlwaysAllow", "maxUnavailable: 0"), "'app-budgets'"},
	"a budget of no percent":      {"hello", fmt.Sprintf(attackBudget, "AlwaysAllow", "maxUnavailable: 0%"), "'app-budgets'"},
	"a budget that keeps all":     {"hello", fmt.Sprintf(attackBudget, "AlwaysAllow", "minAvailable: 100%"), "'app-budgets'"},
	"a budget of broken pods":     {"hello", fmt.Sprintf(attackBudget, "IfHealthyBudget", "maxUnavailable: 1"), "'app-budgets'"},
	"a volume":                    {"hello", fmt.Sprintf(attackClaim, "1Gi"), ""},
	"a volume of any size":        {"hello", fmt.Sprintf(attackClaim, "1000Ti"), "exceeded quota"},

	"Git makes a Kustomization":                  {"platform-reconciler", fmt.Sprintf(attackSync, "hello"), ""},
	"Git acts as kustomize-controller":           {"platform-reconciler", fmt.Sprintf(attackSync, "kustomize-controller"), "'flux-lockdown'"},
	"Git acts as the operator":                   {"platform-reconciler", fmt.Sprintf(attackSync, "flux-operator"), "'flux-lockdown'"},
	"Helm acts as helm-controller":               {"kustomize-controller", fmt.Sprintf(attackRelease, "helm-controller"), "'flux-lockdown'"},
	"Helm acts as an account":                    {"kustomize-controller", fmt.Sprintf(attackRelease, "hello"), ""},
	"source-controller makes a Kustomization":    {"source-controller", fmt.Sprintf(attackSync, "kustomize-controller"), "cannot create resource"},
	"notification-controller does":               {"notification-controller", fmt.Sprintf(attackSync, "kustomize-controller"), "cannot create resource"},
	"helm-controller makes what it is not asked": {"helm-controller", fmt.Sprintf(attackSync, "hello"), "cannot create resource"},
}

// testAttacks: the API server refuses what would lead a tenant to the platform, or
// one controller to the rights of another, and names the rule; the right use of the
// same kind is admitted. Nothing is kept: the requests are dry runs.
func testAttacks(t *testing.T, b *bench.Bench) {
	ctx := deadline(t, 2*time.Minute)
	deployment, err := b.Cluster.Get(ctx, hello)
	require.NoError(t, err)
	containers, _, err := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
	require.NoError(t, err)
	image := containers[0].(map[string]any)["image"].(string)
	prefix, _, _ := strings.Cut(image, "/hello:")
	for name, one := range attacks {
		object := &unstructured.Unstructured{}
		text := strings.NewReplacer("IMAGE", image, "PREFIX", prefix).Replace(one.object)
		require.NoError(t, yaml.Unmarshal([]byte(text), &object.Object), name)
		err := as(t, b, one.as).Create(ctx, object, client.DryRunAll)
		if one.refused == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, one.refused, name)
		t.Logf("%s: %v", name, err)
	}
	for _, root := range []struct {
		who, patch string
		refused    string
	}{
		{"platform-reconciler", `{"spec":{"path":"./evil"}}`, "'flux-lockdown'"},
		{"kustomize-controller", `{"spec":{"path":"./evil"}}`, "'flux-lockdown'"},
		{"notification-controller", `{"spec":{"path":"./evil"}}`, "'flux-lockdown'"},
		{"notification-controller", `{"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":"now"}}}`, ""},
		{"source-controller", `{"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":"now"}}}`, "'flux-lockdown'"},
	} {
		tenants, err := b.Cluster.Get(ctx, bench.Kustomization("tenants"))
		require.NoError(t, err)
		err = as(t, b, root.who).Patch(ctx, tenants, client.RawPatch("application/merge-patch+json", []byte(root.patch)), client.DryRunAll)
		if root.refused == "" {
			require.NoError(t, err, root)
			continue
		}
		require.ErrorContains(t, err, root.refused, root)
		t.Log(err)
	}
	requireNoTokens(t, ctx, b)
}

// requireNoTokens: no controller gets the token of another, or acts as it, but for
// kustomize-controller, which acts as whom a Kustomization names.
func requireNoTokens(t *testing.T, ctx context.Context, b *bench.Bench) {
	t.Helper()
	for _, controller := range bench.Components {
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "flux-system", Name: "kustomize-controller"}}
		err := as(t, b, controller).SubResource("token").Create(ctx, account, &authenticationv1.TokenRequest{}, client.DryRunAll)
		if controller == "kustomize-controller" { // It may do everything, and the policy keeps it from this.
			require.ErrorContains(t, err, "'flux-lockdown'")
			continue
		}
		require.ErrorContains(t, err, "cannot create resource \"serviceaccounts/token\"", controller)
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User: "system:serviceaccount:flux-system:" + controller, Groups: accountGroups,
			ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "impersonate", Resource: "serviceaccounts", Namespace: "flux-system", Name: "kustomize-controller"},
		}}
		require.NoError(t, b.Cluster.Client.Create(ctx, review))
		require.False(t, review.Status.Allowed, "%s may act as kustomize-controller", controller)
	}
}

// accountGroups are those of every service account of flux-system.
var accountGroups = []string{"system:serviceaccounts", "system:serviceaccounts:flux-system", "system:authenticated"}

// as is a client of a service account of flux-system.
func as(t *testing.T, b *bench.Bench, account string) client.Client {
	t.Helper()
	config := rest.CopyConfig(b.Cluster.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:flux-system:" + account, Groups: accountGroups}
	c, err := client.New(config, client.Options{Scheme: b.Cluster.Client.Scheme()})
	require.NoError(t, err)
	return c
}
