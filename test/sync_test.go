package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

const requestedAt = "reconcile.fluxcd.io/requestedAt"

// inOrder are the paths of the stack as they must be made, and so deleted in
// reverse: the platform goes while its tenants' service accounts are there,
// both while Flux runs, and Flux while it has credentials. The guard is asked
// after the roots are gone, and before anything that they need to go is.
var inOrder = []string{
	"Flux/Operator", "Flux/Lockdown/Policy", "Flux/Lockdown/Binding", "Flux/Instance", "Flux/Ready",
	"Sync/Facts", "Sync/Guard/Policy", "Sync/Guard/Binding", "Sync/Guard/Check",
	"Sync/Source",
	"Sync/Tenants", "Sync/TenantsReady",
	"Sync/Platform", "Sync/PlatformReady",
}

func TestSyncIsMadeInOrderAndDeletedInReverse(t *testing.T) {
	eachFlux(t, func(t *testing.T, a *assembly, e *config.Environment, s *template) {
		require.Len(t, inCluster(s), len(inOrder), "each has its place in the order")
		last := step(t, s, inOrder[0])
		for _, path := range inOrder[1:] {
			next := step(t, s, path)
			s.requireBefore(t, last, next)
			last = next
		}
		for _, i := range identities(t, a, e) {
			if i.s == s { // the other is in the cluster's stack, which comes before
				s.requireBefore(t, i.association, step(t, s, inOrder[0]))
			}
		}
	})
}

// step is the custom resource of a path.
func step(t *testing.T, s *template, path string) *resource {
	t.Helper()
	for _, r := range inCluster(s) {
		if strings.HasPrefix(r.path, path+"/") {
			return r
		}
	}
	require.Fail(t, "nothing at "+path)
	return nil
}

// fluxObject is the object of a path.
func fluxObject(t *testing.T, s *template, path string) map[string]any {
	t.Helper()
	return kubernetesObject(t, s, step(t, s, path))
}

func TestSourceFollowsSettings(t *testing.T) {
	eachFlux(t, func(t *testing.T, a *assembly, e *config.Environment, s *template) {
		object := fluxObject(t, s, "Sync/Source")
		require.Equal(t, "source.toolkit.fluxcd.io/v1", object["apiVersion"])
		require.Equal(t, "GitRepository", object["kind"])
		spec := object["spec"]
		require.Equal(t, e.Flux.Branch, dig(spec, "ref", "branch"))
		require.Equal(t, fmt.Sprintf("%ds", e.Flux.IntervalSeconds), dig(spec, "interval"))
		if name := e.Flux.VerifySecretName; name == "" {
			require.Nil(t, dig(spec, "verify"))
		} else {
			require.Equal(t, map[string]any{"mode": "HEAD", "secretRef": map[string]any{"name": name}}, dig(spec, "verify"))
		}
		if a.platform.Config.Source == config.ConfigSourceCodeCommit {
			require.Equal(t, "aws", dig(spec, "provider"), "by Pod Identity, without a secret")
			require.Nil(t, dig(spec, "secretRef"))
			require.Regexp(t, `^https://git-codecommit\..*/v1/repos/`+a.platform.Name+`-config$`, dig(spec, "url"))
			return
		}
		require.Equal(t, string(a.platform.Config.Provider), dig(spec, "provider"))
		require.Equal(t, a.platform.Config.URL, dig(spec, "url"))
		require.Equal(t, a.platform.Config.SecretName, dig(spec, "secretRef", "name"))
	})
}

// A root prunes what left Git, acts as a service account and, when deleted,
// waits until all that it applied is gone.
func TestRootsCleanUp(t *testing.T) {
	eachFlux(t, func(t *testing.T, _ *assembly, e *config.Environment, s *template) {
		for path, want := range map[string]map[string]any{
			// tenants makes the service accounts, so it cannot act as one of them.
			"Sync/Tenants":  {"path": "./tenants", "serviceAccountName": "kustomize-controller", "wait": true},
			"Sync/Platform": {"path": "./" + e.Flux.Path, "serviceAccountName": "platform-reconciler", "wait": false},
		} {
			object := fluxObject(t, s, path)
			require.Equal(t, "kustomize.toolkit.fluxcd.io/v1", object["apiVersion"], path)
			require.Equal(t, "Kustomization", object["kind"], path)
			spec := object["spec"]
			require.Equal(t, true, dig(spec, "prune"), path)
			require.Equal(t, "WaitForTermination", dig(spec, "deletionPolicy"), path)
			require.Equal(t, map[string]any{"kind": "GitRepository", "name": "flux-system"}, dig(spec, "sourceRef"), path)
			require.Equal(t, []any{map[string]any{"kind": "ConfigMap", "name": "cluster-facts"}}, dig(spec, "postBuild", "substituteFrom"), path)
			for key, value := range want {
				require.Equal(t, value, dig(spec, key), "%s: %s", path, key)
			}
			for _, key := range []string{"interval", "retryInterval", "timeout"} {
				duration, err := time.ParseDuration(fmt.Sprint(dig(spec, key)))
				require.NoError(t, err, "%s: %s", path, key)
				require.Positive(t, duration)
			}
		}
		require.Equal(t, []any{map[string]any{"name": "tenants"}}, dig(fluxObject(t, s, "Sync/Platform"), "spec", "dependsOn"))
	})
}

// What the facts promise to manifests; a token that is not resolved would reach Git's files.
func TestFactsAreComplete(t *testing.T) {
	eachFlux(t, func(t *testing.T, a *assembly, e *config.Environment, s *template) {
		object := fluxObject(t, s, "Sync/Facts")
		require.Equal(t, "Enabled", dig(object, "metadata", "labels", "reconcile.fluxcd.io/watch"), "Flux reconciles when they change")
		account, region := e.Account, e.Region
		if account == "" {
			account, region = "${AWS::AccountId}", "${AWS::Region}"
		}
		registry := "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"
		if d := a.platform.Delivery; d.Account != "" {
			registry = d.Account + ".dkr.ecr." + d.Region + ".${AWS::URLSuffix}"
		}
		require.Equal(t, map[string]any{
			"environment":    e.Name,
			"cluster_name":   a.platform.Name + "-" + e.Name,
			"aws_account_id": account,
			"aws_region":     region,
			"registry":       registry,
			"image_prefix":   registry + "/" + a.platform.Name,
			"config_branch":  e.Flux.Branch,
			"alert_type":     e.Flux.Alerts.Type,
			"alert_secret":   e.Flux.Alerts.SecretName,
		}, object["data"])
	})
}

// waits are what each wait of the stack waits for.
var waits = map[string]struct{ resource, name, also string }{
	"Flux/Ready":         {"fluxinstances.fluxcd.controlplane.io", "flux", "deployments.apps/flux-operator"},
	"Sync/TenantsReady":  {"kustomizations.kustomize.toolkit.fluxcd.io", "tenants", "gitrepositories.source.toolkit.fluxcd.io/flux-system"},
	"Sync/PlatformReady": {"kustomizations.kustomize.toolkit.fluxcd.io", "platform", "gitrepositories.source.toolkit.fluxcd.io/flux-system"},
}

// A deployment succeeds once the object is ready at the revision just
// deployed. In an update the old revision is ready too: it must not count. The
// path that the handler prints when it gives up carries the command that
// shows why.
func TestDeploymentWaitsForItsRevision(t *testing.T) {
	eachFlux(t, func(t *testing.T, _ *assembly, _ *config.Environment, s *template) {
		for path, want := range waits {
			wait := step(t, s, path)
			require.Equal(t, valueKind, wait.kind)
			require.Equal(t, want.resource, wait.get("ObjectType"), path)
			require.Equal(t, "flux-system", wait.get("ObjectNamespace"), path)
			require.Equal(t, "--field-selector=metadata.name="+want.name, wait.get("ObjectName"), path)
			require.Equal(t, fmt.Sprintf(
				`range .items[?(@.status.lastHandledReconcileAt==%q)].status.conditions[?(@.reason=="ReconciliationSucceeded")]}`+
					`kubectl -n flux-system describe %s/%s %s{end`,
				requested(t, s, path), want.resource, want.name, want.also), wait.get("JsonPath"), path)
		}
	})
}

// requested is the revision that the object of a wait is asked for.
func requested(t *testing.T, s *template, wait string) string {
	t.Helper()
	var value any
	if wait == "Flux/Ready" {
		_, values := chart(t, s, "Flux/Instance")
		value = dig(values, "commonAnnotations", requestedAt)
	} else {
		value = dig(fluxObject(t, s, strings.TrimSuffix(wait, "Ready")), "metadata", "annotations", requestedAt)
	}
	require.Regexp(t, `^[0-9a-f]{16}$`, value, wait)
	return value.(string)
}

// A change of the facts, of the source or of Flux is a new revision, or the
// deployment would not wait for it; the others keep theirs.
func TestRevisionsFollowTheirContent(t *testing.T) {
	before := synth(t, "default").stack(t, "dev-gitops")
	for name, c := range map[string]struct {
		edit    func(*config.Flux)
		changed []string
	}{
		"facts":  {func(f *config.Flux) { f.Alerts.SecretName = "another" }, []string{"Sync/TenantsReady", "Sync/PlatformReady"}},
		"source": {func(f *config.Flux) { f.IntervalSeconds = 300 }, []string{"Sync/TenantsReady", "Sync/PlatformReady"}},
		"path and size": {func(f *config.Flux) {
			f.Path = "clusters/prod"
			f.Size = config.FluxLarge
		}, []string{"Sync/PlatformReady", "Flux/Ready"}},
	} {
		t.Run(name, func(t *testing.T) {
			platform := edited(t, "default", func(p *config.Platform) { c.edit(&p.Environments[0].Flux) })
			after := synthesize(t, platform, platform).stack(t, "dev-gitops")
			for path := range waits {
				if same := requested(t, before, path) == requested(t, after, path); same {
					require.NotContains(t, c.changed, path)
				} else {
					require.Contains(t, c.changed, path)
				}
			}
		})
	}
}
