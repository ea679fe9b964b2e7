package manifests

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"text/template"

	automationv1 "github.com/fluxcd/image-automation-controller/api/v1"
	reflectorv1 "github.com/fluxcd/image-reflector-controller/api/v1"
	fluxcel "github.com/fluxcd/pkg/runtime/cel"
	celtypes "github.com/google/cel-go/common/types"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func nested(object Object, fields ...string) (string, bool, error) {
	return unstructured.NestedString(object.Raw.Object, fields...)
}

// workloadOf wraps a pod spec in a kind.
func workloadOf(t *testing.T, apiVersion, kind, podSpec string) Object {
	t.Helper()
	var spec any
	require.NoError(t, yaml.Unmarshal([]byte(podSpec), &spec))
	template := map[string]any{"metadata": map[string]any{}, "spec": spec}
	body := map[string]any{"template": template}
	switch kind {
	case "Pod":
		body = spec.(map[string]any)
	case "CronJob":
		body = map[string]any{"schedule": "@daily", "jobTemplate": map[string]any{"spec": map[string]any{"template": template}}}
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet":
		body["selector"] = map[string]any{}
	}
	data, err := yaml.Marshal(map[string]any{
		"apiVersion": apiVersion, "kind": kind,
		"metadata": map[string]any{"name": "x", "namespace": "hello"},
		"spec":     body,
	})
	require.NoError(t, err)
	object, err := Decode(data)
	require.NoError(t, err, string(data))
	return object
}

func TestOnlyReleasesOfTheAppAreAdmitted(t *testing.T) {
	e := load(t, open(t), "dev")
	policy := find(t, e, "admissionregistration.k8s.io/ValidatingAdmissionPolicy app-images").Typed.(*admissionv1.ValidatingAdmissionPolicy)
	validator, err := compile(policy)
	require.NoError(t, err)

	const ours = "111111111111.dkr.ecr.us-east-1.amazonaws.com/platform/hello:20261123T101500Z-0a1b2c3"
	for _, kind := range []struct{ apiVersion, kind string }{
		{"v1", "Pod"}, {"v1", "ReplicationController"},
		{"apps/v1", "Deployment"}, {"apps/v1", "StatefulSet"}, {"apps/v1", "DaemonSet"}, {"apps/v1", "ReplicaSet"},
		{"batch/v1", "Job"}, {"batch/v1", "CronJob"},
	} {
		for _, c := range []struct{ name, spec, refused string }{
			{"ours", "containers: [{name: a, image: " + ours + "}]", ""},
			{"ours with volumes", "containers: [{name: a, image: " + ours + "}]\nvolumes: [{name: v, emptyDir: {}}, {name: w, image: {reference: " + ours + "}}]", ""},
			{"Docker Hub", "containers: [{name: a, image: nginx}]", "nginx"},
			{"our registry, another's folder", "containers: [{name: a, image: 111111111111.dkr.ecr.us-east-1.amazonaws.com/platform-x/a}]", "platform-x/a"},
			{"another app", "containers: [{name: a, image: 111111111111.dkr.ecr.us-east-1.amazonaws.com/platform/other:20261123T101500Z-0a1b2c3}]", "platform/other"},
			{"cache", "containers: [{name: a, image: 111111111111.dkr.ecr.us-east-1.amazonaws.com/platform/hello:cache}]", "hello:cache"},
			{"digest", "containers: [{name: a, image: 111111111111.dkr.ecr.us-east-1.amazonaws.com/platform/hello@sha256:00}]", "hello@sha256:00"},
			{"tag and digest", "containers: [{name: a, image: " + ours + "@sha256:00}]", "@sha256:00"},
			{"no tag", "containers: [{name: a, image: 111111111111.dkr.ecr.us-east-1.amazonaws.com/platform/hello}]", "platform/hello"},
			{"no image", "containers: [{name: a}]", "(none)"},
			{"second container", "containers: [{name: a, image: " + ours + "}, {name: b, image: evil/b}]", "evil/b"},
			{"init container", "containers: [{name: a, image: " + ours + "}]\ninitContainers: [{name: b, image: evil/init}]", "evil/init"},
			{"ephemeral container", "containers: [{name: a, image: " + ours + "}]\nephemeralContainers: [{name: b, image: evil/debug}]", "evil/debug"},
			{"image volume", "containers: [{name: a, image: " + ours + "}]\nvolumes: [{name: v, image: {reference: evil/volume}}]", "evil/volume"},
		} {
			t.Run(kind.kind+", "+c.name, func(t *testing.T) {
				object := workloadOf(t, kind.apiVersion, kind.kind, c.spec)
				require.True(t, covers(policy, object, ""), "the policy does not look at it")
				got := refusal(validator, Request{Object: object})
				if c.refused == "" {
					require.Empty(t, got)
					return
				}
				require.Contains(t, got, "Forbidden: only releases of the tenant's own app may run here, refused: ")
				require.Contains(t, got, "Name an image as 111111111111.dkr.ecr.us-east-1.amazonaws.com/platform/hello:<time>-<commit>")
				require.Contains(t, got, c.refused)
			})
		}
	}

	pod := workloadOf(t, "v1", "Pod", "containers: [{name: a, image: nginx}]")
	require.True(t, covers(policy, pod, "ephemeralcontainers"))
	now := metav1.Now()
	pod.Typed.(*corev1.Pod).DeletionTimestamp = &now
	require.Empty(t, refusal(validator, Request{Object: pod}), "a pod that is being deleted must be able to lose its finalizers")

	// What each app applies is admitted.
	for _, name := range []string{"dev", "prod"} {
		for _, object := range load(t, open(t), name).sync("hello").Objects {
			if covers(policy, object, "") {
				require.Empty(t, refusal(validator, Request{Object: object}), object.ID())
			}
		}
	}

	binding := find(t, e, "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding app-images").Typed.(*admissionv1.ValidatingAdmissionPolicyBinding)
	require.Equal(t, policy.Name, binding.Spec.PolicyName)
	require.Equal(t, []admissionv1.ValidationAction{admissionv1.Deny}, binding.Spec.ValidationActions)
	require.Equal(t, admissionv1.Fail, *policy.Spec.FailurePolicy)
	require.Equal(t, tenantLabel, binding.Spec.MatchResources.NamespaceSelector.MatchExpressions[0].Key)
}

func TestThePolicyPicksTheNewestImage(t *testing.T) {
	e := load(t, open(t), "dev")
	policy := find(t, e, "image.toolkit.fluxcd.io/ImagePolicy flux-system/hello").Typed.(*reflectorv1.ImagePolicy)
	for _, c := range []struct {
		tags []string
		want string
	}{
		{[]string{"20261123T101500Z-0a1b2c3", "20261123T101501Z-0000000", "20261122T235959Z-fffffff"}, "20261123T101501Z-0000000"},
		{[]string{"20261231T235959Z-fffffff", "20270101T000000Z-0000000"}, "20270101T000000Z-0000000"},
		// The cache, a moved tag and a foreign form are not images to run.
		{[]string{"20261123T101500Z-0a1b2c3", "cache", "latest", "v9.9.9", "99999999T999999Z-0a1b2c3-amd64", "x20991123T101500Z-0a1b2c3"}, "20261123T101500Z-0a1b2c3"},
		// The placeholder is older than anything.
		{[]string{"00000000T000000Z-0000000", "20261123T101500Z-0a1b2c3"}, "20261123T101500Z-0a1b2c3"},
	} {
		got, err := newest(policy, c.tags)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	_, err := newest(policy, []string{"cache"})
	require.ErrorContains(t, err, "no tag matches")
}

// The template's data, as image-automation-controller's docs describe it.
type (
	identifier struct{ Name, Namespace, APIVersion, Kind string }
	change     struct{ OldValue, NewValue, Setter string }
	result     struct {
		FileChanges map[string]map[identifier][]change
	}
	templateData struct {
		AutomationObject struct{ Name, Namespace string }
		Changed          result
	}
)

func TestTheCommitSaysWhatChanged(t *testing.T) {
	e := load(t, open(t), "dev")
	automation := find(t, e, "image.toolkit.fluxcd.io/ImageUpdateAutomation flux-system/apps").Typed.(*automationv1.ImageUpdateAutomation)
	message, err := template.New("message").Parse(automation.Spec.GitSpec.Commit.MessageTemplate)
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, message.Execute(&text, templateData{Changed: result{FileChanges: map[string]map[identifier][]change{
		"apps/dev/hello/kustomization.yaml": {{Kind: "Kustomization"}: {
			{OldValue: "00000000T000000Z-0000000", NewValue: "20261123T101500Z-0a1b2c3", Setter: "flux-system:hello:tag"},
		}},
	}}}))
	require.Equal(t, strings.Join([]string{
		"Deploy new images to dev",
		"",
		"apps/dev/hello/kustomization.yaml",
		"- flux-system:hello:tag: 00000000T000000Z-0000000 -> 20261123T101500Z-0a1b2c3",
	}, "\n"), strings.TrimSpace(text.String()))
	require.Equal(t, "main", automation.Spec.GitSpec.Push.Branch)
	require.Equal(t, "main", automation.Spec.GitSpec.Checkout.Reference.Branch)
}

// TestExpressions evaluates the CEL of the Flux Kustomizations as the controller does.
func TestExpressions(t *testing.T) {
	sync := load(t, open(t), "dev").sync("hello")
	ready, err := fluxcel.NewExpression(sync.Spec.DependsOn[0].ReadyExpr,
		fluxcel.WithCompile(), fluxcel.WithOutputType(celtypes.BoolType), fluxcel.WithStructVariables("self", "dep"))
	require.NoError(t, err)
	for _, c := range []struct {
		status map[string]any
		want   bool
	}{
		{map[string]any{}, false},
		{map[string]any{"conditions": []any{}}, false},
		{map[string]any{"lastAppliedRevision": "main@sha1:0a1b2c3"}, true},
	} {
		got, err := ready.EvaluateBoolean(t.Context(), map[string]any{"self": map[string]any{}, "dep": map[string]any{"status": c.status}})
		require.NoError(t, err)
		require.Equal(t, c.want, got, fmt.Sprint(c.status))
	}

	check := sync.Spec.HealthCheckExprs[0]
	require.Equal(t, "Ingress", check.Kind)
	health, err := fluxcel.NewStatusEvaluator(&check.HealthCheckExpressions)
	require.NoError(t, err)
	for status, want := range map[string]string{
		`{loadBalancer: {}}`: "InProgress",
		`{loadBalancer: {ingress: [{hostname: a.example}]}}`: "Current",
	} {
		ingress := &unstructured.Unstructured{}
		require.NoError(t, yaml.Unmarshal([]byte("{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: x}, spec: {}, status: "+status+"}"), &ingress.Object))
		got, err := health.Evaluate(t.Context(), ingress)
		require.NoError(t, err)
		require.Equal(t, want, got.Status.String())
	}
}
