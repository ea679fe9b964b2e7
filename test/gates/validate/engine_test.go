package validate

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/gatetest"
)

// What the engine of AWS finds: here is that its findings arrive, with the
// resource, and that what matters is an error.
func TestEngine(t *testing.T) {
	engine := newEngine(t)
	for name, f := range map[string]struct {
		kind       string
		edit       func(body, template object)
		rule, says string
	}{
		"an unknown property":          {"AWS::EKS::Cluster", func(b, _ object) { properties(b)["KubernetesVersion"] = "1.36" }, "F3002", "KubernetesVersion"},
		"a missing property":           {"AWS::EKS::Cluster", func(b, _ object) { delete(properties(b), "RoleArn") }, "F3003", "RoleArn"},
		"a text for an object":         {"AWS::EKS::Cluster", func(b, _ object) { properties(b)["Logging"] = "all" }, "F3012", "'all' is not of type 'object'"},
		"a text for a boolean":         {"AWS::EKS::Cluster", func(b, _ object) { properties(b)["DeletionProtection"] = "yes" }, "W9003", "boolean"},
		"a value that no enum has":     {"AWS::EKS::Addon", func(b, _ object) { properties(b)["ResolveConflicts"] = "OVERWRTE" }, "W3030", "OVERWRTE"},
		"a resource that is not there": {"AWS::EKS::Cluster", func(b, _ object) { properties(b)["RoleArn"] = ref("Nope") }, "F1020", "Nope"},
		"an attribute in other case": {"AWS::EKS::Cluster", func(b, _ object) {
			properties(b)["RoleArn"].(object)["Fn::GetAtt"].([]any)[1] = "arn"
		}, "E9004", "'arn'"},
		"a dependency that is not there": {"AWS::EKS::Cluster", func(b, _ object) { b["DependsOn"] = "Nope" }, "E3005", "Nope"},
		"a cycle": {"AWS::EKS::Cluster", func(b, t object) {
			for id, r := range t["Resources"].(object) {
				if r.(object)["Type"] == "AWS::EKS::Addon" {
					b["DependsOn"] = id
				}
			}
		}, "F3004", "Circular"},
		"a condition that is not there": {"AWS::EKS::Cluster", func(b, _ object) { b["Condition"] = "Nope" }, "E8002", "Nope"},
		"an unknown type":               {"AWS::EKS::Cluster", func(b, _ object) { b["Type"] = "AWS::EKS::Clusters" }, "F3006", "AWS::EKS::Clusters"},
		"an alias with a colon": {"AWS::KMS::Alias", func(b, _ object) {
			properties(b)["AliasName"] = "alias/platform:dev"
		}, "pf-kms-alias-name", "colon"},
		"an unknown policy of deletion": {"AWS::EKS::Cluster", func(b, _ object) { b["DeletionPolicy"] = "Keep" }, "F3016", "Keep"},
	} {
		t.Run(name, func(t *testing.T) {
			a := gatetest.Synth(t, "default")
			id := resource(t, a, "dev-cluster", f.kind, "").LogicalID
			b := gatetest.Mutated(t, a, "dev-cluster", func(template map[string]any) {
				f.edit(template["Resources"].(object)[id].(object), template)
			})
			found, err := engine.ask(t.Context(), b.Stack("dev-cluster"))
			require.NoError(t, err)
			requireFinding(t, found, f.rule, "dev-cluster", id, f.says)
		})
	}
	t.Run("a rule that crashes", func(t *testing.T) {
		a := gatetest.Synth(t, "default")
		b := gatetest.Mutated(t, a, "dev-network", func(template map[string]any) {
			properties(gatetest.Resource(t, template, "AWS::EC2::VPC", ""))["CidrBlock"] = "10.0.0.0/33"
			properties(gatetest.Resource(t, template, "AWS::EC2::EIP", ""))["Domian"] = "vpc"
		})
		found, err := engine.ask(t.Context(), b.Stack("dev-network"))
		require.NoError(t, err)
		requireFinding(t, found, "validator-crash", "dev-network", "", "most of its rules did not look")
		requireFinding(t, found, "F3002", "dev-network", resource(t, b, "dev-network", "AWS::EC2::EIP", "").LogicalID, "Domian")
	})
}
