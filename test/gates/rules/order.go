package rules

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// orderRules are about what has to be made first in a cluster's stack, and so is
// deleted last.
var orderRules = []rule{
	{"order-node-addons", each(nodesAfterAddons, "AWS::EKS::Nodegroup")},
	{"order-addon-nodes", each(addonsAfterNodes, "AWS::EKS::Addon")},
	{"order-handler-access", each(barrier, "AWS::EKS::Cluster")},
}

// beforeNodes are the add-ons without which a node does not become ready, or
// starts pods without credentials.
var beforeNodes = []string{"eks-pod-identity-agent", "kube-proxy", "vpc-cni"}

func nodesAfterAddons(v *review, r *assembly.Resource) {
	for _, addon := range r.Stack.All("AWS::EKS::Addon") {
		if slices.Contains(beforeNodes, v.text(addon.Stack, addon.Get("AddonName"))) && !after(r, addon) && !after(addon, r) {
			v.wrong(r, "add DependsOn "+addon.LogicalID, "nodes may join before the add-on %v is there: they do not become ready, or their pods get no credentials", addon.Get("AddonName"))
		}
	}
}

func addonsAfterNodes(v *review, r *assembly.Resource) {
	name := v.text(r.Stack, r.Get("AddonName"))
	for _, group := range r.Stack.All("AWS::EKS::Nodegroup") {
		switch {
		case slices.Contains(beforeNodes, name) && after(r, group):
			v.wrong(r, "remove DependsOn "+group.LogicalID, "the add-on %s waits for nodes, which wait for it to become ready", name)
		case !slices.Contains(beforeNodes, name) && !after(r, group):
			v.wrong(r, "add DependsOn "+group.LogicalID, "the add-on %s may be made before there is a node (%s): it is degraded until the deployment gives up", name, group.LogicalID)
		}
	}
}

// barrier wants the handler's access to the cluster before its first use: the
// parameter kubectl-ready stands for "may be used now".
func barrier(v *review, r *assembly.Resource) {
	for _, provider := range v.providersOf(r) {
		handler := v.userFunction(provider)
		role := v.target(handler.Stack, handler.Get("Role"))
		for _, custom := range r.Stack.All() {
			if !strings.HasPrefix(custom.Type, "Custom::AWSCDK-EKS-") {
				continue
			}
			for _, entry := range r.Stack.All("AWS::EKS::AccessEntry") {
				if role != nil && v.target(entry.Stack, entry.Get("PrincipalArn")) == role && !after(custom, entry) {
					v.wrong(custom, "add DependsOn on the parameter kubectl-ready, and from it on "+entry.LogicalID,
						"it may be applied before the handler has access to the cluster, by %s", entry.LogicalID)
				}
			}
		}
	}
}
