package fluxrun

import (
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var here = place{folder: "/run/x", health: "127.0.0.1:1", metrics: "127.0.0.1:2", shared: shared{artifacts: "127.0.0.1:3", events: "127.0.0.1:4", receiver: "127.0.0.1:5"}}

func TestOnlyTheListedArgumentsAreTranslated(t *testing.T) {
	container := corev1.Container{Args: []string{
		"--events-addr=http://notification-controller.flux-system.svc.cluster.local./",
		"--watch-all-namespaces",
		"--storage-path=/data",
		"--storage-adv-addr=source-controller.$(RUNTIME_NAMESPACE).svc.cluster.local.",
		"--requeue-dependency=5s",
	}}
	args, err := arguments("source-controller", container, map[string]string{"RUNTIME_NAMESPACE": "flux-system"}, here)
	require.NoError(t, err)
	require.Equal(t, []string{
		"--events-addr=http://127.0.0.1:4/",
		"--watch-all-namespaces",
		"--storage-path=/run/x/data",
		"--storage-adv-addr=127.0.0.1:3",
		"--requeue-dependency=5s",
		"--enable-leader-election=false",
		"--health-addr=127.0.0.1:1",
		"--metrics-addr=127.0.0.1:2",
		"--storage-addr=127.0.0.1:3",
	}, args)
}

func TestAnArgumentForPodsOnlyIsAnError(t *testing.T) {
	for _, arg := range []string{"--plugin-dir=/plugins", "--proxy=http://proxy.default.svc"} {
		_, err := arguments("helm-controller", corev1.Container{Args: []string{arg}}, nil, here)
		require.ErrorContains(t, err, "helm-controller has the argument "+arg+", which makes sense in a pod only: add a translation")
	}
}

func TestEnvironmentIsTheDeployments(t *testing.T) {
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "flux-system", Name: "source-controller"}}
	container := corev1.Container{
		Env: []corev1.EnvVar{
			{Name: "RUNTIME_NAMESPACE", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.namespace"}}},
			{Name: "TUF_ROOT", Value: "/tmp/.sigstore"},
			{Name: "GOMEMLIMIT", ValueFrom: &corev1.EnvVarSource{ResourceFieldRef: &corev1.ResourceFieldSelector{Resource: "limits.memory"}}},
		},
		Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")}},
	}
	env, err := environment(deployment, container, "/run/x/tmp")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"RUNTIME_NAMESPACE": "flux-system", "TUF_ROOT": "/run/x/tmp/.sigstore", "GOMEMLIMIT": "1073741824"}, env)

	container.Env = []corev1.EnvVar{{Name: "TOKEN", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{Key: "x"}}}}
	_, err = environment(deployment, container, "")
	require.ErrorContains(t, err, "variable TOKEN of Deployment source-controller has a source that the bench does not know")
}
