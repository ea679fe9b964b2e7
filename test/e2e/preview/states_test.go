package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// kustomization has a condition Ready.
func kustomization(status, reason, message string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"metadata": map[string]any{"name": "hello"},
		"status": map[string]any{
			"lastAppliedRevision": "main@sha1:0123456789abcdef",
			"conditions":          []any{map[string]any{"type": "Ready", "status": status, "reason": reason, "message": message}},
		},
	}}
}

func TestAnObjectIsReadyFailingOrOnItsWay(t *testing.T) {
	for _, test := range []struct {
		object *unstructured.Unstructured
		health health
		says   string
	}{
		{kustomization("True", "ReconciliationSucceeded", "Applied revision"), healthy, "main@0123456"},
		{kustomization("Unknown", "Progressing", "Reconciliation in progress"), progressing, "Progressing: Reconciliation in progress"},
		{kustomization("False", "DependencyNotReady", "dependency is not ready"), progressing, "DependencyNotReady: dependency is not ready"},
		{kustomization("False", "BuildFailed", "no such file"), failing, "BuildFailed: no such file"},
		{&unstructured.Unstructured{Object: map[string]any{"metadata": map[string]any{"name": "hello"}}}, progressing, ""},
	} {
		require.Equal(t, state{"Kustomizations", "hello", test.health, test.says}, fluxState("Kustomizations", test.object, watched[1].says))
	}
}

func TestADeploymentIsReadyOnceAllPodsAreNew(t *testing.T) {
	deployment := func(ready, updated int64) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"metadata": map[string]any{"name": "hello"},
			"spec": map[string]any{"replicas": int64(2), "template": map[string]any{"spec": map[string]any{
				"containers": []any{map[string]any{"image": "localhost:5001/platform/hello:20260101T000000Z-0000001"}},
			}}},
			"status": map[string]any{"readyReplicas": ready, "updatedReplicas": updated},
		}}
	}
	require.Equal(t, state{"Deployment", "hello", healthy, "2 of 2 ready, 20260101T000000Z-0000001"}, deploymentState(deployment(2, 2)))
	require.Equal(t, progressing, deploymentState(deployment(2, 1)).health)
	require.Equal(t, progressing, deploymentState(deployment(1, 2)).health)
}

func TestOnlyWhatFluxChangedIsAnEvent(t *testing.T) {
	flux := corev1.ObjectReference{APIVersion: "kustomize.toolkit.fluxcd.io/v1", Kind: "Kustomization", Namespace: "flux-system"}
	pod := corev1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: "hello"}
	require.True(t, interesting(corev1.Event{InvolvedObject: flux, Message: "Service/hello/hello created"}))
	require.False(t, interesting(corev1.Event{InvolvedObject: flux, Message: "Reconciliation finished in 245ms, next run in 1m0s"}))
	require.True(t, interesting(corev1.Event{InvolvedObject: pod, Type: corev1.EventTypeWarning, Message: "Failed to pull image"}))
	require.False(t, interesting(corev1.Event{InvolvedObject: pod, Type: corev1.EventTypeNormal, Message: "Pulled image"}))
}

func TestWithoutATerminalEachChangeIsALine(t *testing.T) {
	var out bytes.Buffer
	l := &log{out: &out}
	happened := []event{{when: noon, object: "Kustomization/hello", says: "Service/hello/hello created"}}
	for range 3 {
		require.NoError(t, l.show([]state{{"Source", "flux-system", healthy, "main@0123456"}}, happened, noon))
	}
	require.NoError(t, l.show([]state{{"Source", "flux-system", healthy, "main@89abcde"}}, happened, noon.Add(time.Minute)))
	require.Equal(t, `12:00:00  ✓ Source flux-system               main@0123456
12:00:00    Kustomization/hello Service/hello/hello created
12:01:00  ✓ Source flux-system               main@89abcde
`, out.String())
}
