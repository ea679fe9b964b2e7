package rules

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// orderRules are about what has to be made first, and so is deleted last.
var orderRules = []rule{
	{"order-role-policy", orderRolePolicy},
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

// later are the types that do nothing with their role when they are made, and
// why. What starts a function or a build is looked at with the roles of those.
var later = map[string]string{
	"AWS::Lambda::Function":   "runs when it is called: by a custom resource, which is looked at",
	"AWS::CodeBuild::Project": "runs when it is started: by a pipeline, which is looked at",
	"AWS::EKS::AccessEntry":   "lets the role in and does nothing with it",
	"AWS::Events::Rule":       "starts a pipeline when somebody pushes; the first run is the pipeline's own",
}

// sdkCalls is a function that the CDK shares among the custom resources of a
// stack that call AWS: each brings its own policy to the role, and needs no other.
const sdkCalls = "AWS679f53fac002430cb0da5b7982bd2287"

// orderRolePolicy wants the policies of a role first: CloudFormation makes the
// role before what refers to it, but not its policies, and what acts when it is
// made would act without rights. https://github.com/aws/aws-cdk/issues/38861
func orderRolePolicy(v *review) {
	for _, r := range v.assembly.All() {
		if strings.HasPrefix(r.Type, "AWS::IAM::") || later[r.Type] != "" {
			continue
		}
		for _, role := range v.rolesOf(r, r.Properties, map[*assembly.Resource]bool{}) {
			policies := v.policiesOf(role)
			shared := strings.Contains(role.Path, sdkCalls)
			if shared && slices.ContainsFunc(policies, func(policy *assembly.Resource) bool { return after(r, policy) }) {
				continue
			}
			for _, policy := range policies {
				if !after(r, policy) && !after(policy, r) {
					v.wrong(r, "add DependsOn "+policy.LogicalID, "it may be made before %s, the policy of the role %s, which it needs as soon as it is there", policy.LogicalID, role.LogicalID)
				}
			}
		}
	}
}

// rolesOf are the roles of the stack that the resource acts with by the value:
// those that it names, and those of functions and builds that it runs.
func (v *review) rolesOf(r *assembly.Resource, value any, seen map[*assembly.Resource]bool) (found []*assembly.Resource) {
	for _, target := range v.targets(r.Stack, value) {
		switch {
		case seen[target] || target.Stack != r.Stack: // another stack is there as a whole
		case target.Type == "AWS::IAM::Role":
			seen[target] = true
			found = append(found, target)
		case target.Type == "AWS::Lambda::Function" || target.Type == "AWS::CodeBuild::Project":
			seen[target] = true
			found = append(found, v.rolesOf(target, []any{target.Get("Role"), target.Get("ServiceRole"), target.Get("Environment")}, seen)...)
		}
	}
	return found
}
