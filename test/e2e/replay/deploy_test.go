package replay

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/cloudassembly"
)

// These are the calls of AWS's handler, by its own code, for the project's resources.
func TestDeployCallsKubectlAndHelm(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{})
	require.NoError(t, f.Deploy(t.Context()))
	var want []string
	for _, path := range created {
		want = append(want, "Create "+path+" succeeded")
	}
	require.Equal(t, want, summary(f.Steps()))
	apply := "kubectl apply --kubeconfig TMP/kubeconfig -f TMP/manifest.yaml"
	get := "kubectl --kubeconfig TMP/kubeconfig get -n flux-system "
	calls := f.calls(t)
	require.Equal(t, []string{
		apply,
		"helm pull oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator --version 0.58.1 --untar",
		"helm upgrade flux-operator TMP/flux-operator --install --create-namespace --values TMP/values.yaml --namespace flux-system --wait --timeout 600s --kubeconfig TMP/kubeconfig",
		apply, apply,
		"helm pull oci://ghcr.io/controlplaneio-fluxcd/charts/flux-instance --version 0.58.1 --untar",
		"helm upgrade flux TMP/flux-instance --install --create-namespace --values TMP/values.yaml --namespace flux-system --wait --timeout 600s --kubeconfig TMP/kubeconfig",
	}, calls[:7])
	require.True(t, strings.HasPrefix(calls[7], get+"fluxinstances.fluxcd.controlplane.io --field-selector=metadata.name=flux -o=jsonpath='{range .items[?(@.status.lastHandledReconcileAt=="), calls[7])
	require.Equal(t, []string{apply, apply, apply, "kubectl --kubeconfig TMP/kubeconfig patch configmap/cluster-facts -n flux-system -p {} --type merge", apply, apply}, calls[8:14])
	require.True(t, strings.HasPrefix(calls[14], get+"kustomizations.kustomize.toolkit.fluxcd.io --field-selector=metadata.name=tenants "), calls[14])
	require.Len(t, calls, 17)

	require.NoError(t, f.Deploy(t.Context()))
	require.Empty(t, f.calls(t), "nothing changed, so nothing is sent")
}

func TestFactsAreResolved(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{})
	require.NoError(t, f.Deploy(t.Context()))
	manifest := f.deployed["dev-gitops/"+logicalID(t, f.Replay, "dev-gitops/Sync/Facts")].properties["Manifest"].(string)
	var objects []struct{ Data map[string]string }
	require.NoError(t, json.Unmarshal([]byte(manifest), &objects))
	require.Equal(t, "000000000000.dkr.ecr.us-east-1.amazonaws.com", objects[0].Data["registry"])
	require.Equal(t, "000000000000", objects[0].Data["aws_account_id"])
}

func logicalID(t *testing.T, r *Replay, path string) string {
	t.Helper()
	resources, err := r.Assembly.InCluster(environment)
	require.NoError(t, err)
	for _, resource := range resources {
		if resource.Path() == path {
			return resource.LogicalID
		}
	}
	t.Fatalf("no resource at %s", path)
	return ""
}

// The order of the program's lines must not make up for a missing dependency:
// CloudFormation does not know it.
func TestMissingDependencyIsNamed(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{Assembly: read(t, edited(t, "dev-gitops", func(template map[string]any) {
		delete(resource(t, template, "Sync/Facts"), "DependsOn")
	}))})
	f.behave(t, "[ \"$1\" = apply ] && grep -q cluster-facts \"$5\" && { echo no namespace; exit 1; }\n")
	err := f.Deploy(t.Context())
	require.ErrorContains(t, err, "dev-gitops/Sync/Facts: Received response status [FAILED]")
	require.ErrorContains(t, err, "it does not depend on dev-gitops/Flux/Operator, dev-gitops/Flux/Instance, dev-gitops/Flux/Ready: add the dependency if it needs them")
}

func TestFailureOfWhatIsInOrderNamesNoDependency(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{})
	f.behave(t, "[ \"$1\" = apply ] && grep -q cluster-facts \"$5\" && { echo no namespace; exit 1; }\n")
	err := f.Deploy(t.Context())
	require.ErrorContains(t, err, "no namespace")
	require.NotContains(t, err.Error(), "depend")
}

func TestOverwriteIsNamed(t *testing.T) {
	t.Parallel()
	for overwrite, want := range map[any]string{nil: "Overwrite is not set, want true", false: "Overwrite is false, want true"} {
		f := fake(t, Options{Assembly: read(t, edited(t, "dev-gitops", func(template map[string]any) {
			properties(t, template, "Sync/Facts")["Overwrite"] = overwrite
			if overwrite == nil {
				delete(properties(t, template, "Sync/Facts"), "Overwrite")
			}
		}))})
		f.behave(t, "[ \"$1\" = create ] && { echo 'Error from server (AlreadyExists)'; exit 1; }\n")
		err := f.Deploy(t.Context())
		require.ErrorContains(t, err, "dev-gitops/Sync/Facts: ")
		require.ErrorContains(t, err, want)
	}
}

func TestDeleteGoesTheOtherWay(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{})
	require.NoError(t, f.Deploy(t.Context()))
	f.calls(t)
	done := len(f.Steps())
	require.NoError(t, f.Delete(t.Context()))
	var want []string
	for _, path := range slices.Backward(created) {
		want = append(want, "Delete "+path+" succeeded")
	}
	require.Equal(t, want, summary(f.Steps()[done:]))
	remove := "kubectl delete --kubeconfig TMP/kubeconfig -f TMP/manifest.yaml"
	require.Equal(t, []string{
		remove, remove, remove,
		`kubectl --kubeconfig TMP/kubeconfig patch configmap/cluster-facts -n flux-system -p {"metadata":{"annotations":{"gitops-eks/teardown":"requested"}}} --type merge`,
		remove, remove, remove,
		"helm uninstall flux --namespace flux-system --wait --timeout 600s --kubeconfig TMP/kubeconfig",
		remove, remove,
		"helm uninstall flux-operator --namespace flux-system --wait --timeout 600s --kubeconfig TMP/kubeconfig",
		remove,
	}, f.calls(t))
	require.NoError(t, f.Delete(t.Context()))
	require.Empty(t, f.calls(t))
}

// AWS's handler takes no notice of a deletion that fails, except for a patch.
func TestOnlyAFailedPatchFailsADeletion(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{})
	require.NoError(t, f.Deploy(t.Context()))
	f.behave(t, "case \"$*\" in delete*) exit 1 ;; *' patch '*) echo no, team-a is there >&2; exit 1 ;; esac\n")
	err := f.Delete(t.Context())
	require.ErrorContains(t, err, "delete dev-gitops: dev-gitops/Sync/Guard/Check: Received response status [FAILED] from custom resource. Message returned: Error: b'no, team-a is there\\n'")
	steps := f.Steps()
	require.Equal(t, "Delete gitops/Sync/Source succeeded", summary(steps)[len(steps)-2])
	require.FileExists(t, steps[len(steps)-1].Log)

	f.behave(t, "")
	require.NoError(t, f.Delete(t.Context()), "a second deletion goes on from there")
	require.Equal(t, "Delete gitops/Sync/Guard/Check succeeded", summary(f.Steps())[len(steps)])
}

func TestUpdateSendsWhatChanged(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{})
	require.NoError(t, f.Deploy(t.Context()))
	f.calls(t)
	done := len(f.Steps())
	to := read(t, edited(t, "dev-gitops", func(template map[string]any) {
		resources := template["Resources"].(map[string]any)
		properties(t, template, "Sync/Guard/Policy")["Manifest"] = "[]"
		properties(t, template, "Flux/Instance")["Version"] = "0.59.0"
		properties(t, template, "Sync/TenantsReady")["TimeoutSeconds"] = 300
		platform := logicalID(t, f.Replay, "dev-gitops/Sync/Platform")
		delete(resources, logicalID(t, f.Replay, "dev-gitops/Sync/PlatformReady"))
		resources["New"] = map[string]any{"Type": typeManifest, "DependsOn": platform, "Properties": map[string]any{
			"ServiceToken": properties(t, template, "Sync/Source")["ServiceToken"],
			"ClusterName":  properties(t, template, "Sync/Source")["ClusterName"],
			"Manifest":     "[]",
		}}
	}))
	require.NoError(t, f.Update(t.Context(), to))
	require.Equal(t, []string{
		"Update gitops/Flux/Instance succeeded",
		"Update gitops/Sync/Guard/Policy succeeded",
		"Update gitops/Sync/TenantsReady succeeded",
		"Create gitops/New succeeded",
		"Delete gitops/Sync/PlatformReady succeeded",
	}, summary(f.Steps()[done:]))
	calls := f.calls(t)
	require.Equal(t, "helm pull oci://ghcr.io/controlplaneio-fluxcd/charts/flux-instance --version 0.59.0 --untar", calls[0])
	require.Equal(t, "kubectl create --kubeconfig TMP/kubeconfig -f TMP/manifest.yaml --save-config", calls[len(calls)-1], "without Overwrite")

	var sent event
	require.NoError(t, cloudassembly.ReadJSON(filepath.Join(filepath.Dir(f.Steps()[done].Log), "event.json"), &sent))
	require.Equal(t, Update, sent.RequestType)
	require.Equal(t, "0.59.0", sent.ResourceProperties["Version"])
	require.Equal(t, "true", sent.ResourceProperties["Wait"])
	require.Equal(t, "0.58.1", sent.OldResourceProperties["Version"])
	require.NotEmpty(t, sent.PhysicalResourceID)
}

func TestUpdatesThatCloudFormationRefuses(t *testing.T) {
	t.Parallel()
	for want, edit := range map[string]func(resource map[string]any){
		"Update of resource type is not permitted": func(resource map[string]any) { resource["Type"] = typePatch; resource["Properties"] = map[string]any{} },
		"Modifying service token is not allowed":   func(resource map[string]any) { resource["Properties"].(map[string]any)["ServiceToken"] = "arn:other" },
	} {
		f := fake(t, Options{})
		require.NoError(t, f.Deploy(t.Context()))
		to := read(t, edited(t, "dev-gitops", func(template map[string]any) { edit(resource(t, template, "Sync/Source")) }))
		require.ErrorContains(t, f.Update(t.Context(), to), want)
	}
}

func TestConditionsAndRetention(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{Assembly: read(t, edited(t, "dev-gitops", func(template map[string]any) {
		template["Conditions"] = map[string]any{"Never": map[string]any{"Fn::Equals": []any{"a", "b"}}, "CDKMetadataAvailable": map[string]any{"Fn::Equals": []any{"a", "b"}}}
		resource(t, template, "Sync/Guard/Policy")["Condition"] = "Never"
		resource(t, template, "Sync/Guard/Binding")["DeletionPolicy"] = "Retain"
	}))})
	require.NoError(t, f.Deploy(t.Context()))
	require.NotContains(t, summary(f.Steps()), "Create gitops/Sync/Guard/Policy succeeded")
	require.NoError(t, f.Delete(t.Context()))
	require.Contains(t, summary(f.Steps()), "Delete gitops/Sync/Guard/Binding retained")
}

func TestObjectsMayBeStoodInFor(t *testing.T) {
	t.Parallel()
	f := fake(t, Options{Object: func(path string, object map[string]any) error {
		if object["kind"] == "GitRepository" {
			require.Equal(t, "dev-gitops/Sync/Source", path)
			object["spec"].(map[string]any)["url"] = "https://127.0.0.1:1/config"
		}
		return nil
	}})
	require.NoError(t, f.Deploy(t.Context()))
	require.Contains(t, f.deployed["dev-gitops/"+logicalID(t, f.Replay, "dev-gitops/Sync/Source")].properties["Manifest"], `"url":"https://127.0.0.1:1/config"`)

	f = fake(t, Options{Object: func(string, map[string]any) error { return errors.New("no such stand-in") }})
	require.ErrorContains(t, f.Deploy(t.Context()), "dev-cluster/Cluster/NetworkPolicies: no such stand-in")
}

func TestAfterIsCalledForEachSuccess(t *testing.T) {
	t.Parallel()
	var seen []string
	f := fake(t, Options{After: func(_ context.Context, step Step) error {
		seen = append(seen, step.Path)
		if step.Path == "dev-gitops/Flux/Operator" {
			return errors.New("no process for the operator")
		}
		return nil
	}})
	require.ErrorContains(t, f.Deploy(t.Context()), "dev-gitops/Flux/Operator: no process for the operator")
	require.Equal(t, []string{"dev-cluster/Cluster/NetworkPolicies", "dev-gitops/Flux/Operator"}, seen)
	require.WithinDuration(t, time.Now(), f.Steps()[1].Started, time.Minute)
}
