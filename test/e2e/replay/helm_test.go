package replay

import (
	"context"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/e2e/binaries"
	"gitops-eks/test/e2e/loopback"
	"gitops-eks/test/e2e/pki"
)

// smallChart makes a ConfigMap, and a Job before it that nothing ever runs when
// its value says so: Helm waits for it.
var smallChart = map[string]string{
	"Chart.yaml":            "apiVersion: v2\nname: small\nversion: 1.0.0\n",
	"values.yaml":           "hang: false\n",
	"templates/object.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: small}\ndata: {web: {{ .Values.web.enabled | quote }}}\n",
	"templates/hook.yaml": `{{ if .Values.hang }}
apiVersion: batch/v1
kind: Job
metadata:
  name: hang
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: before-hook-creation}
spec:
  suspend: true
  template: {spec: {restartPolicy: Never, containers: [{name: x, image: x}]}}
{{ end }}
`,
}

// serveChart serves the chart from a registry with TLS, which the handler's
// helm insists on, and answers its address.
func serveChart(ctx context.Context, t *testing.T, helm string) string {
	t.Helper()
	authority, err := pki.NewAuthority("charts")
	require.NoError(t, err)
	pair, err := authority.Server("registry")
	require.NoError(t, err)
	certificate, err := pair.TLS()
	require.NoError(t, err)
	server, err := loopback.Serve(registry.New(registry.Logger(log.New(io.Discard, "", 0))), &certificate)
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Down() })
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ca.crt"), authority.Certificate, 0o600))
	t.Setenv("SSL_CERT_FILE", filepath.Join(dir, "ca.crt"))
	for name, text := range smallChart {
		path := filepath.Join(dir, "small", name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	for _, args := range [][]string{{"package", "small"}, {"push", "small-1.0.0.tgz", "oci://" + server.Address + "/charts"}} {
		cmd := exec.CommandContext(ctx, helm, args...)
		cmd.Dir, cmd.Env = dir, []string{"HOME=" + dir, "SSL_CERT_FILE=" + filepath.Join(dir, "ca.crt")}
		output, err := cmd.CombinedOutput()
		require.NoError(t, err, string(output))
	}
	return "oci://" + server.Address + "/charts/small"
}

// TestRealHelm runs a chart's resource through AWS's handler with the layer's helm.
func TestRealHelm(t *testing.T) {
	ctx := deadline(t, 4*time.Minute)
	a := startCluster(ctx, t)
	cache, err := binaries.CacheFolder()
	require.NoError(t, err)
	probe, err := New(ctx, Options{Assembly: read(t, original(t)), Environment: environment, Kubeconfig: a.Kubeconfig, Dir: t.TempDir(), Cache: cache})
	require.NoError(t, err)
	helm := filepath.Join(probe.framework.handler.path[1], "helm")
	repository := serveChart(ctx, t, helm)
	// with is an assembly with that one chart.
	with := func(values string) *Assembly {
		return read(t, edited(t, "dev-gitops", func(template map[string]any) {
			operator := resource(t, template, "Flux/Operator")
			operator["DependsOn"] = []any{}
			chart := operator["Properties"].(map[string]any)
			chart["Repository"], chart["Chart"], chart["Version"], chart["Values"] = repository, "small", "1.0.0", values
			template["Resources"] = map[string]any{"Operator": operator}
		}))
	}
	r, err := New(ctx, Options{Assembly: with(`{"web":{"enabled":false}}`), Environment: environment, Kubeconfig: a.Kubeconfig, Dir: t.TempDir(), Cache: cache, Progress: t.Output()})
	require.NoError(t, err)
	r.reachable = func(context.Context, string) error { return nil }
	made := objectNamed("v1 ConfigMap flux-system/small")
	web := func() string {
		object, err := a.Get(ctx, made)
		require.NoError(t, err)
		value, _, _ := unstructured.NestedString(object.Object, "data", "web")
		return value
	}

	require.NoError(t, r.Deploy(ctx))
	require.Equal(t, "false", web())
	require.NoError(t, r.Resend(ctx, "dev-gitops/Flux/Operator"), "create again after a lost answer")
	require.NoError(t, r.Update(ctx, with(`{"web":{"enabled":true}}`)))
	require.Equal(t, "true", web())
	require.NoError(t, r.Delete(ctx))
	_, err = a.Get(ctx, made)
	require.True(t, apierrors.IsNotFound(err), err)

	// Helm killed: the release stays locked. The deletion that rolls the creation
	// back does not reach the handler, since the framework answers it for what
	// could not be created; so the next deployment finds the lock, too.
	const locked = "another operation (install/upgrade/rollback) is in progress"
	job := objectNamed("batch/v1 Job flux-system/hang")
	r.Disturb = func(s Step) *Disturbance {
		if s.Path != "dev-gitops/Flux/Operator" {
			return nil
		}
		return &Disturbance{Kill: func(ctx context.Context) {
			_ = a.Until(ctx, job, func(o *unstructured.Unstructured) bool { return o != nil })
		}}
	}
	r.Assembly = with(`{"hang":true,"web":{"enabled":false}}`)
	require.ErrorContains(t, r.Deploy(ctx), locked)
	r.Disturb = nil
	require.NoError(t, r.Delete(ctx))
	r.Assembly = with(`{"web":{"enabled":false}}`)
	require.ErrorContains(t, r.Deploy(ctx), locked)
	require.NoError(t, r.Delete(ctx))

	output, err := exec.CommandContext(ctx, helm, "uninstall", "flux-operator", "--namespace", "flux-system", "--kubeconfig", a.Kubeconfig).CombinedOutput()
	require.NoError(t, err, string(output))
	require.NoError(t, r.Deploy(ctx), "a hand has to clear the lock")
}
