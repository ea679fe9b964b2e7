package incluster

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// checkAccess holds that the handler may do what the custom resources ask of
// it, and lives as long as they take.
func (r *review) checkAccess(c *cluster) {
	for _, framework := range r.frameworks(c) {
		handler := r.target(framework.Stack, framework.Get("Environment", "Variables", "USER_ON_EVENT_FUNCTION_ARN"))
		if handler == nil {
			r.add("handler", framework, "set USER_ON_EVENT_FUNCTION_ARN to the ARN of the handler", "calls no function of this assembly")
			continue
		}
		for _, function := range []*assembly.Resource{framework, handler} {
			if plain(function.Get("Timeout")) != "900" {
				r.add("handler", function, "set Timeout: 900", "ends after %s seconds, want 900: Helm may take 600, a deletion longer", plain(function.Get("Timeout")))
			}
		}
		if layers, _ := handler.Get("Layers").([]any); len(layers) < 2 {
			r.add("handler", handler, "add the layers with the AWS command line and with kubectl and helm", "has %d layers, want 2: aws, and kubectl with helm", len(layers))
		}
		if subnets, _ := handler.Get("VpcConfig", "SubnetIds").([]any); len(subnets) == 0 {
			r.add("handler", handler, "put it into the private subnets of the VPC", "is not in the VPC, and cannot reach the private endpoint")
		}
		if !slices.ContainsFunc(r.entries(c), func(entry *assembly.Resource) bool {
			return r.target(entry.Stack, entry.Get("PrincipalArn")) == r.target(handler.Stack, handler.Get("Role")) && r.administers(entry)
		}) {
			r.add("access", handler, "add an access entry for its role with AmazonEKSClusterAdminPolicy for the whole cluster", "its role has no access entry that administers the cluster: no object could be applied")
		}
	}
}

// frameworks are the functions that the cluster's custom resources call.
func (r *review) frameworks(c *cluster) []*assembly.Resource {
	var found []*assembly.Resource
	for _, p := range c.parts {
		f := r.target(p.Stack, p.Get("ServiceToken"))
		if f != nil && f.Get("Environment", "Variables", "USER_ON_EVENT_FUNCTION_ARN") != nil && !slices.Contains(found, f) {
			found = append(found, f)
		}
	}
	return found
}

// of are the resources of the type that belong to the cluster.
func (r *review) of(c *cluster, kind string) []*assembly.Resource {
	return slices.DeleteFunc(r.assembly.All(kind), func(resource *assembly.Resource) bool {
		return r.target(resource.Stack, resource.Get("ClusterName")) != c.Resource
	})
}

func (r *review) entries(c *cluster) []*assembly.Resource { return r.of(c, "AWS::EKS::AccessEntry") }

func (r *review) administers(entry *assembly.Resource) bool {
	policies, _ := entry.Get("AccessPolicies").([]any)
	for _, policy := range policies {
		arn, err := r.text(entry.Stack, at(policy, "PolicyArn"))
		if err == nil && strings.HasSuffix(arn, ":cluster-access-policy/AmazonEKSClusterAdminPolicy") && text(policy, "AccessScope", "Type") == "cluster" {
			return true
		}
	}
	return false
}

// checkNetworkPolicies holds that the nodes enforce NetworkPolicies, which they
// otherwise accept and ignore.
// https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html
func (r *review) checkNetworkPolicies(c *cluster) {
	if plain(c.Get("ComputeConfig", "Enabled")) == "true" {
		config := c.manifest("ConfigMap", "amazon-vpc-cni")
		if config == nil || text(config.object.Raw.Object, "data", "enable-network-policy-controller") != "true" || config.object.Raw.GetNamespace() != "kube-system" {
			where := c.Resource
			if config != nil {
				where = config.Resource
			}
			r.add("network-policies", where, `apply the ConfigMap kube-system/amazon-vpc-cni with enable-network-policy-controller: "true"`, "Auto Mode's nodes are not told to enforce NetworkPolicies")
		}
		return
	}
	present := map[string]*assembly.Resource{}
	for _, addon := range r.of(c, "AWS::EKS::Addon") {
		present[plain(addon.Get("AddonName"))] = addon
	}
	for _, name := range []string{"vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns"} {
		if present[name] == nil {
			r.add("add-ons", c.Resource, "add it", "the add-on %s is missing, without which no node or pod of a node group works", name)
		}
	}
	if addon := present["vpc-cni"]; addon != nil && !strings.Contains(plain(addon.Get("ConfigurationValues")), `"enableNetworkPolicy":"true"`) {
		r.add("network-policies", addon, `set ConfigurationValues: {"enableNetworkPolicy":"true"}`, "the add-on does not enforce NetworkPolicies")
	}
}
