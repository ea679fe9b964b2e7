package test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// chart is a Helm chart of the stack.
func chart(t *testing.T, s *template, path string) (*resource, map[string]any) {
	t.Helper()
	r := s.at(t, chartKind, path)
	var values map[string]any
	s.object(t, r.get("Values"), &values)
	return r, values
}

func registryOf(e *config.Environment) string {
	if e.Flux.RegistryMirror != "" {
		return e.Flux.RegistryMirror
	}
	return "ghcr.io"
}

// Charts and images come from one registry, which a mirror replaces as a whole.
func TestChartsComeFromTheRegistryOfSettings(t *testing.T) {
	eachFlux(t, func(t *testing.T, _ *assembly, e *config.Environment, s *template) {
		for path, want := range map[string][]string{
			"Flux/Operator": {"flux-operator", "flux-operator"},
			"Flux/Instance": {"flux-instance", "flux"},
		} {
			r, _ := chart(t, s, path)
			require.Equal(t, "oci://"+registryOf(e)+"/controlplaneio-fluxcd/charts/"+want[0], r.get("Repository"))
			require.Equal(t, want[0], r.get("Chart"))
			require.Equal(t, want[1], r.get("Release"))
			require.Equal(t, config.FluxOperatorVersion, r.get("Version"))
			require.Equal(t, "flux-system", r.get("Namespace"))
		}
		_, operator := chart(t, s, "Flux/Operator")
		require.Equal(t, registryOf(e)+"/controlplaneio-fluxcd/flux-operator", dig(operator, "image", "repository"))
		if e.Flux.RegistryMirror != "" {
			require.NotContains(t, text(s.body), "ghcr.io", "without a way to the internet it cannot be reached")
		}
	})
}

// The distribution is pinned and comes from the operator itself: nothing floats.
func TestFluxDoesNotFloat(t *testing.T) {
	eachFlux(t, func(t *testing.T, _ *assembly, e *config.Environment, s *template) {
		_, values := chart(t, s, "Flux/Instance")
		require.Equal(t, map[string]any{
			"version":  e.Flux.Version,
			"registry": registryOf(e) + "/fluxcd",
			"artifact": "",
		}, dig(values, "instance", "distribution"))
		require.Regexp(t, `^\d+\.\d+\.\d+$`, e.Flux.Version)
	})
}

// Tenants are held apart, and the controllers are behind NetworkPolicies.
func TestFluxIsLockedDown(t *testing.T) {
	eachFlux(t, func(t *testing.T, _ *assembly, e *config.Environment, s *template) {
		_, values := chart(t, s, "Flux/Instance")
		require.Equal(t, map[string]any{
			"type": "aws", "size": string(e.Flux.Size), "multitenant": true, "networkPolicy": true,
		}, dig(values, "instance", "cluster"))
		_, operator := chart(t, s, "Flux/Operator")
		require.Equal(t, false, dig(operator, "web", "enabled"), "nobody serves an interface that nobody guards")
	})
}

func TestFluxHasItsControllers(t *testing.T) {
	eachFlux(t, func(t *testing.T, _ *assembly, _ *config.Environment, s *template) {
		_, values := chart(t, s, "Flux/Instance")
		require.ElementsMatch(t, []string{
			"source-controller", "kustomize-controller", "helm-controller",
			"notification-controller", "image-reflector-controller", "image-automation-controller",
		}, texts(dig(values, "instance", "components")))
	})
}

// A dependsOn chain moves on within seconds, and a commit that mends an app
// does not wait for the broken one.
func TestControllersAreQuick(t *testing.T) {
	want := map[string]string{
		"--requeue-dependency=2s":                             "(kustomize-controller|helm-controller)",
		"--feature-gates=CancelHealthCheckOnNewRevision=true": "kustomize-controller",
	}
	eachFlux(t, func(t *testing.T, _ *assembly, _ *config.Environment, s *template) {
		_, values := chart(t, s, "Flux/Instance")
		patches := list(dig(values, "instance", "kustomize", "patches"))
		require.Len(t, patches, len(want)+2, "two more narrow the controllers' rights")
		for argument, controllers := range want {
			require.Contains(t, patches, map[string]any{
				"target": map[string]any{"kind": "Deployment", "name": controllers},
				"patch":  "- op: add\n  path: /spec/template/spec/containers/0/args/-\n  value: " + argument + "\n",
			})
		}
	})
}

// The instance has no sync of its own: deleted with one, the operator leaves
// the workloads behind, and with them load balancers and volumes.
func TestInstanceHasNoSync(t *testing.T) {
	eachFlux(t, func(t *testing.T, _ *assembly, _ *config.Environment, s *template) {
		_, values := chart(t, s, "Flux/Instance")
		require.Nil(t, dig(values, "instance", "sync"))
	})
}
