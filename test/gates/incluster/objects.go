package incluster

import (
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"gitops-eks/test/manifests"
)

// clusterScoped are the kinds in use that have no namespace.
var clusterScoped = []string{"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "Namespace"}

// namespaces are those that are there before the sync.
var namespaces = []string{fluxNamespace, "kube-system"}

// checkObjects holds every object of every manifest to what all have in common.
func (r *review) checkObjects(c *cluster) {
	owners := map[string]*part{}
	for _, p := range c.parts {
		if p.object == nil {
			continue
		}
		raw, id := p.object.Raw, p.object.ID()
		if raw.GetName() == "" {
			r.add("manifest", p.Resource, "set metadata.name", "the %s has no name", raw.GetKind())
		}
		switch namespace := raw.GetNamespace(); {
		case slices.Contains(clusterScoped, raw.GetKind()):
			if namespace != "" {
				r.add("namespace", p.Resource, "remove metadata.namespace", "%s is of no namespace, got %q", id, namespace)
			}
		case !slices.Contains(namespaces, namespace):
			r.add("namespace", p.Resource, "set metadata.namespace: "+fluxNamespace, "%s is in the namespace %q, which nothing makes before it", id, namespace)
		}
		if first := owners[id]; first != nil {
			r.add("owners", p.Resource, "leave the object to one custom resource", "%s is also that of %s: deleting one would delete it for both", id, first.LogicalID)
		}
		owners[id] = p
		if policy, ok := p.object.Typed.(*admissionv1.ValidatingAdmissionPolicy); ok {
			for _, problem := range manifests.PolicyProblems(policy) {
				r.add("admission-policy", p.Resource, "mend the CEL expression", "%s: %s", id, problem)
			}
		}
		if raw.GetKind() == "Secret" {
			r.add("secret", p.Resource, "keep the Secret out of the template, in Git encrypted with SOPS or in a secret store", "%s would be readable in the template", id)
		}
	}
}
