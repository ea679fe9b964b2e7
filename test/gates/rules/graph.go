package rules

import (
	"slices"

	"gitops-eks/test/gates/assembly"
)

// after says whether CloudFormation makes r after other, which is in the same
// stack: by DependsOn or by a reference, straight or over further resources.
func after(r, other *assembly.Resource) bool {
	return reaches(r, other, map[string]bool{})
}

func reaches(from, to *assembly.Resource, seen map[string]bool) bool {
	if from == to {
		return true
	}
	if from == nil || seen[from.LogicalID] {
		return false
	}
	seen[from.LogicalID] = true
	for _, name := range slices.Concat(from.DependsOn, assembly.References(from.Properties)) {
		if reaches(from.Stack.Resources[name], to, seen) {
			return true
		}
	}
	return false
}

// policiesOf are the policies that are attached to the role as resources of their own.
func (v *review) policiesOf(role *assembly.Resource) []*assembly.Resource {
	var found []*assembly.Resource
	for _, policy := range role.Stack.All("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy") {
		if v.refersTo(policy.Stack, policy.Get("Roles"), role) {
			found = append(found, policy)
		}
	}
	return found
}

// clusterOf is the cluster that a resource belongs to by its ClusterName: by
// reference or by the literal name. Nil when the assembly has no such cluster.
func (v *review) clusterOf(r *assembly.Resource) *assembly.Resource {
	value := r.Get("ClusterName")
	if cluster := v.target(r.Stack, value); cluster != nil && cluster.Type == "AWS::EKS::Cluster" {
		return cluster
	}
	name := v.text(r.Stack, value)
	for _, cluster := range v.assembly.All("AWS::EKS::Cluster") {
		if name != "" && v.text(cluster.Stack, cluster.Get("Name")) == name {
			return cluster
		}
	}
	return nil
}

// ofCluster are the resources of the type that belong to the cluster.
func (v *review) ofCluster(cluster *assembly.Resource, kind string) []*assembly.Resource {
	return slices.DeleteFunc(v.assembly.All(kind), func(r *assembly.Resource) bool { return v.clusterOf(r) != cluster })
}
