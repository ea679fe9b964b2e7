package rules

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
)

var orderFaults = []fault{
	{"order-role-policy", "", pipeline, loose, "DeliveryBuildRoleDefaultPolicy", ""},
	{"order-role-policy", "", pipeline, loose, "SourceCommitCodePipelineActionRoleDefaultPolicy", ""},
	{"order-role-policy", ":FlowLog", "AWS::EC2::FlowLog", loose, "FlowLogIAMRoleDefaultPolicy", ""},
	{"order-role-policy", ":source-controller", podAssociation, loose, "sourcecontrollerRoleDefaultPolicy", ""},
	{"order-node-addons", "node-groups", nodeGroup, loose, "before the add-on eks-pod-identity-agent", ""},
	{"order-addon-nodes", "node-groups:coredns", addon, loose, "before there is a node", ""},
	{"order-addon-nodes", "node-groups:kube-proxy", addon, refTo("ClusterName", nodeGroup, "", ""), "which wait for it", ""},
	{"order-handler-access", "", parameter, loose, "before the handler has access", "Custom::AWSCDK-EKS-KubernetesResource:NetworkPolicies"},
}

// The function that the CDK shares among calls of AWS gets a policy by each of
// them, and each call has to wait for its own alone.
func TestCallsShareARole(t *testing.T) {
	const function = sdkCalls + "2DD1"
	made := &assembly.Stack{ID: "s", Resources: map[string]*assembly.Resource{}}
	add := func(id, kind string, properties map[string]any, dependsOn ...string) *assembly.Resource {
		r := &assembly.Resource{Stack: made, LogicalID: id, Type: kind, Path: "s/" + id, Properties: properties, DependsOn: dependsOn}
		made.Resources[id] = r
		return r
	}
	add(sdkCalls+"Role", "AWS::IAM::Role", nil)
	add(function, "AWS::Lambda::Function", map[string]any{"Role": attribute(sdkCalls+"Role", "Arn")})
	add("Other", "AWS::IAM::Policy", map[string]any{"Roles": []any{ref(sdkCalls + "Role")}})
	add("Own", "AWS::IAM::Policy", map[string]any{"Roles": []any{ref(sdkCalls + "Role")}})
	call := add("Call", "Custom::AWS", map[string]any{"ServiceToken": attribute(function, "Arn")}, "Own")
	all := &assembly.Assembly{Stacks: []*assembly.Stack{made}}
	require.Empty(t, findings(all, "order-role-policy", tested()))
	call.DependsOn = nil
	require.NotEmpty(t, findings(all, "order-role-policy", tested()))
}
