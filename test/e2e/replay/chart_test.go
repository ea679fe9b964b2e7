package replay

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type noted struct {
	installed, removed []Chart
	problem            error
}

func (n *noted) Install(_ context.Context, c Chart) error {
	n.installed = append(n.installed, c)
	return n.problem
}

func (n *noted) Uninstall(_ context.Context, c Chart) error {
	n.removed = append(n.removed, c)
	return n.problem
}

func outOfReach(asked *[]string) func(context.Context, string) error {
	return func(_ context.Context, host string) error {
		*asked = append(*asked, host)
		return errors.New("no route to host")
	}
}

func TestAStandInTakesThePlaceOfAChartOutOfReach(t *testing.T) {
	t.Parallel()
	stand, asked := &noted{}, []string(nil)
	f := fake(t, Options{Charts: stand})
	f.reachable = outOfReach(&asked)
	require.NoError(t, f.Deploy(t.Context()))
	require.Equal(t, []string{"ghcr.io"}, asked, "once")
	require.NotContains(t, strings.Join(f.calls(t), "\n"), "helm")
	require.Equal(t, "stand-in, since ghcr.io is out of reach: no route to host", f.Steps()[1].By)
	require.Equal(t, "handler", f.Steps()[0].By)
	require.Len(t, stand.installed, 2)
	require.Equal(t, Chart{
		Release: "flux-operator", Namespace: "flux-system", Name: "flux-operator", Version: "0.58.1",
		Repository: "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator", Timeout: 10 * time.Minute, RequestType: Create,
		Values: map[string]any{"image": map[string]any{"repository": "ghcr.io/controlplaneio-fluxcd/flux-operator"}, "web": map[string]any{"enabled": false}},
	}, stand.installed[0])

	to := read(t, edited(t, "dev-gitops", func(template map[string]any) { properties(t, template, "Flux/Instance")["Version"] = "0.59.0" }))
	require.NoError(t, f.Update(t.Context(), to))
	require.Equal(t, Update, stand.installed[2].RequestType)

	stand.problem = errors.New("the operator does not end")
	require.ErrorContains(t, f.Delete(t.Context()), "dev-gitops/Flux/Instance: stand-in for chart flux-instance: the operator does not end")
	stand.problem = nil
	require.NoError(t, f.Delete(t.Context()))
	require.Equal(t, "flux-operator", stand.removed[2].Release)
}

func TestAChartOutOfReachFailsWithoutAStandIn(t *testing.T) {
	t.Parallel()
	var asked []string
	f := fake(t, Options{})
	f.reachable = outOfReach(&asked)
	require.ErrorContains(t, f.Deploy(t.Context()), "the registry of chart oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator is out of reach, and there is no stand-in for it: no route to host")
}

func TestAHostThatIsNoRegistry(t *testing.T) {
	t.Parallel()
	require.Error(t, reachable(deadline(t, 10*time.Second), "127.0.0.1:1"))
	require.Equal(t, "ghcr.io", registryHost("oci://ghcr.io/a/b"))
	require.Empty(t, registryHost("https://charts.example.com"))
}

// The FluxInstance is that of the project's values, not of a test's.
func TestFluxInstanceOfTheSynthesizedValues(t *testing.T) {
	t.Parallel()
	stand, asked := &noted{}, []string(nil)
	f := fake(t, Options{Charts: stand})
	f.reachable = outOfReach(&asked)
	require.NoError(t, f.Deploy(t.Context()))
	chart := stand.installed[1]
	made, err := chart.FluxInstance()
	require.NoError(t, err)
	instance := (&unstructured.Unstructured{Object: made}).DeepCopy()
	require.Equal(t, "flux", instance.GetName())
	require.Equal(t, "flux-system", instance.GetNamespace())
	require.NotEmpty(t, instance.GetAnnotations()["reconcile.fluxcd.io/requestedAt"])
	spec := made["spec"].(map[string]any)
	require.Equal(t, map[string]any{"version": "2.9.4", "registry": "ghcr.io/fluxcd"}, spec["distribution"])
	require.Equal(t, map[string]any{
		"type": "aws", "size": "small", "multitenant": true, "networkPolicy": true,
		"domain": "cluster.local", "tenantDefaultServiceAccount": "default", // the chart's own
	}, spec["cluster"])
	require.Equal(t, chart.Values["instance"].(map[string]any)["kustomize"], spec["kustomize"])
	require.Equal(t, []string{"cluster", "components", "distribution", "kustomize"}, sortedKeys(spec))
}

func TestFluxInstanceOfOtherValues(t *testing.T) {
	t.Parallel()
	of := func(values string) (map[string]any, error) {
		c := Chart{Name: "flux-instance", Release: "flux", Namespace: "flux-system"}
		require.NoError(t, json.Unmarshal([]byte(values), &c.Values))
		return c.FluxInstance()
	}
	made, err := of(`{"commonLabels": {"team": "a"}, "instance": {
		"commonMetadata": {"labels": {"a": "b"}}, "storage": {"size": "10Gi"}, "sharding": {"shards": ["s1"]},
		"sync": {"url": "https://example.com", "ref": "main", "path": "."}}}`)
	require.NoError(t, err)
	require.Equal(t, "a", made["metadata"].(map[string]any)["labels"].(map[string]any)["team"])
	spec := made["spec"].(map[string]any)
	require.Equal(t, map[string]any{"labels": map[string]any{"a": "b"}}, spec["commonMetadata"])
	require.Equal(t, map[string]any{"class": "", "size": "10Gi"}, spec["storage"])
	require.Equal(t, map[string]any{"key": "sharding.fluxcd.io/key", "shards": []any{"s1"}}, spec["sharding"])
	require.Equal(t, map[string]any{"interval": "1m", "kind": "GitRepository", "url": "https://example.com", "ref": "main", "path": "."}, spec["sync"])
	require.Equal(t, "2.x", spec["distribution"].(map[string]any)["version"])

	for values, want := range map[string]string{
		`{"instance": {"cluster": {"sizes": "x"}}}`: "values of chart flux-instance: replay does not know what the chart makes of instance.cluster.sizes",
		`{"extra": 1}`:                                     "replay does not know what the chart makes of extra",
		`{"instance": {"cluster": "aws"}}`:                 "instance.cluster must be an object, got aws",
		`{"instance": {"cluster": {"multitenant": "no"}}}`: "instance.cluster.multitenant must be a bool, got no",
		`{"healthcheck": {"enabled": true}}`:               "replay does not know the health check",
		`{"nameOverride": "x"}`:                            "and no nameOverride",
	} {
		_, err := of(values)
		require.ErrorContains(t, err, want)
	}
}
