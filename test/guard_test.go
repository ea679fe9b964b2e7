package test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// When the stack is deleted, the guard's patch is undone after the roots are
// gone. That undoing writes an annotation which the policy refuses while a
// namespace of a tenant is left: three objects that must agree word for word.
func TestGuardRefusesToLeaveTenantsBehind(t *testing.T) {
	eachFlux(t, func(t *testing.T, _ *assembly, _ *config.Environment, s *template) {
		policy, binding, check := fluxObject(t, s, "Sync/Guard/Policy"), fluxObject(t, s, "Sync/Guard/Binding"), step(t, s, "Sync/Guard/Check")
		facts, tenants := fluxObject(t, s, "Sync/Facts"), fluxObject(t, s, "Sync/Tenants")

		require.Equal(t, patchKind, check.kind)
		require.Equal(t, "configmap/"+dig(facts, "metadata", "name").(string), check.get("ResourceName"))
		require.Equal(t, dig(facts, "metadata", "namespace"), check.get("ResourceNamespace"))
		require.Equal(t, "{}", check.get("ApplyPatchJson"), "it changes nothing until it is undone")
		var restore struct {
			Metadata struct {
				Annotations map[string]string `json:"annotations"`
			} `json:"metadata"`
		}
		s.object(t, check.get("RestorePatchJson"), &restore)
		require.Len(t, restore.Metadata.Annotations, 1)

		validations := list(dig(policy, "spec", "validations"))
		require.Len(t, validations, 1)
		for annotation := range restore.Metadata.Annotations {
			require.Contains(t, dig(validations[0], "expression"), "'"+annotation+"'")
		}
		rule := dig(policy, "spec", "matchConstraints", "resourceRules", 0)
		require.Equal(t, []string{"UPDATE"}, texts(dig(rule, "operations")))
		require.Equal(t, []string{"configmaps"}, texts(dig(rule, "resources")))
		require.Equal(t, []any{dig(facts, "metadata", "name")}, list(dig(rule, "resourceNames")))

		require.Equal(t, dig(policy, "metadata", "name"), dig(binding, "spec", "policyName"))
		require.Equal(t, []string{"Deny"}, texts(dig(binding, "spec", "validationActions")))
		require.Equal(t, "Allow", dig(binding, "spec", "paramRef", "parameterNotFoundAction"), "no namespace is left: go on")
		require.Equal(t, map[string]any{"apiVersion": "v1", "kind": "Namespace"}, dig(policy, "spec", "paramKind"))
		require.Equal(t, map[string]any{
			"kustomize.toolkit.fluxcd.io/name":      dig(tenants, "metadata", "name"),
			"kustomize.toolkit.fluxcd.io/namespace": dig(tenants, "metadata", "namespace"),
		}, dig(binding, "spec", "paramRef", "selector", "matchLabels"))
		require.True(t, strings.Contains(dig(validations[0], "messageExpression").(string), "params.metadata.name"), "the failure names the namespace")
	})
}
