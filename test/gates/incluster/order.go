package incluster

import (
	"gitops-eks/test/gates/assembly"
)

// step is one of the deployment, with what has to be there before the next.
type step struct {
	what  string
	parts []*assembly.Resource
}

// checkOrder holds that a deployment makes things in the order in which they
// need each other, so that a teardown takes them away in reverse.
func (r *review) checkOrder(c *cluster) {
	chain := r.chain(c)
	for i := 1; i < len(chain); i++ {
		for _, later := range chain[i].parts {
			for _, earlier := range chain[i-1].parts {
				r.inOrder(earlier, later, chain[i-1].what, chain[i].what)
			}
		}
	}
	r.checkBase(c)
	if repository := r.source(c); repository != nil {
		if p := c.manifest("GitRepository", sourceName); p != nil {
			r.inOrder(repository, p.Resource, "the config repository", "the GitRepository")
		}
	}
}

// chain is the way from the operator to the last wait.
func (r *review) chain(c *cluster) []step {
	g := c.guard()
	steps := []step{
		{"the Flux Operator", resources(c.chart(operatorChart))},
		{"the policy of the lockdown", resources(c.manifest("ValidatingAdmissionPolicy", lockdownName))},
		{"the binding of the lockdown", resources(c.manifest("ValidatingAdmissionPolicyBinding", lockdownName))},
		{"the FluxInstance, whose controllers it binds", resources(c.chart(instanceChart))},
		{"the wait for Flux", resources(c.wait(waits[0].resource, waits[0].name))},
		{"the facts", resources(c.manifest("ConfigMap", factsName))},
		{"the policy of the teardown guard", resources(g.policy)},
		{"the binding of the teardown guard", resources(g.binding)},
		{"the check of the teardown guard", resources(g.check)},
		{"the GitRepository", resources(c.manifest("GitRepository", sourceName))},
		{"the Kustomization tenants", resources(c.manifest("Kustomization", tenantsName))},
		{"the wait for tenants", resources(c.wait(waits[1].resource, tenantsName))},
		{"the Kustomization platform", resources(c.manifest("Kustomization", platformName))},
		{"the wait for platform", resources(c.wait(waits[2].resource, platformName))},
	}
	var present []step
	for _, s := range steps { // A missing one is reported elsewhere; its neighbours still have an order.
		if len(s.parts) > 0 {
			present = append(present, s)
		}
	}
	return present
}

// checkBase holds that pods have nodes, add-ons and credentials when they
// start, and the handler its rights.
func (r *review) checkBase(c *cluster) {
	operator := c.chart(operatorChart)
	for _, p := range c.parts {
		r.inOrder(c.Resource, p.Resource, "the cluster", "what goes into it")
		for _, entry := range r.entries(c) {
			if r.administers(entry) && r.isHandlers(c, entry) {
				r.inOrder(entry, p.Resource, "the access entry of the handler", "what the handler applies")
			}
		}
	}
	groups := r.of(c, "AWS::EKS::Nodegroup")
	for _, addon := range r.of(c, "AWS::EKS::Addon") {
		name := plain(addon.Get("AddonName"))
		for _, group := range groups {
			switch name {
			case "vpc-cni", "kube-proxy", "eks-pod-identity-agent": // daemons without which a node is not ready
				r.inOrder(addon, group, "the add-on "+name, "the nodes")
			default:
				r.inOrder(group, addon, "the nodes", "the add-on "+name+", which runs as ordinary pods")
			}
		}
		if operator != nil {
			r.inOrder(addon, operator.Resource, "the add-on "+name, "the Flux Operator")
		}
	}
	for _, group := range groups {
		if operator != nil {
			r.inOrder(group, operator.Resource, "the nodes", "the Flux Operator")
		}
	}
	for _, association := range r.of(c, associationType) {
		if operator != nil && plain(association.Get("Namespace")) == fluxNamespace {
			r.inOrder(association, operator.Resource, "the credentials of "+plain(association.Get("ServiceAccount")), "the Flux Operator, which starts its pod")
		}
		if role := r.target(association.Stack, association.Get("RoleArn")); role != nil {
			for _, policy := range r.policies(role) {
				r.inOrder(policy, association, "the policy of the role", "the credentials: a pod must not start with an empty role")
			}
		}
	}
}

// isHandlers says whether the entry is for the role of the cluster's handler.
func (r *review) isHandlers(c *cluster, entry *assembly.Resource) bool {
	principal := r.target(entry.Stack, entry.Get("PrincipalArn"))
	for _, framework := range r.frameworks(c) {
		handler := r.target(framework.Stack, framework.Get("Environment", "Variables", "USER_ON_EVENT_FUNCTION_ARN"))
		if handler != nil && principal != nil && r.target(handler.Stack, handler.Get("Role")) == principal {
			return true
		}
	}
	return false
}

// source is the config repository, where it is in CodeCommit.
func (r *review) source(c *cluster) *assembly.Resource {
	p := c.manifest("GitRepository", sourceName)
	if p == nil {
		return nil
	}
	match := codeCommit.FindStringSubmatch(text(p.object.Raw.Object, "spec", "url"))
	if match == nil {
		return nil
	}
	return r.repository(match[3])
}

func resources(p *part) []*assembly.Resource {
	if p == nil {
		return nil
	}
	return []*assembly.Resource{p.Resource}
}

func (r *review) inOrder(first, second *assembly.Resource, firstIs, secondIs string) {
	if r.graph.before(first, second) {
		return
	}
	fix := "add " + first.LogicalID + " to DependsOn of " + second.LogicalID
	if first.Stack != second.Stack {
		fix = "let the stack " + second.Stack.ID + " depend on the stack " + first.Stack.ID
	}
	r.add("order", second, fix, "%s (%s) does not wait for %s (%s): it may be made too early, and deleted too late", secondIs, second.LogicalID, firstIs, first.LogicalID)
}
