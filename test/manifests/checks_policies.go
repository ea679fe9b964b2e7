package manifests

import (
	"fmt"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// runners are the kinds that run images, and the resource of a debug container.
var runners = map[string]string{
	"pods": "", "pods/ephemeralcontainers": "", "replicationcontrollers": "",
	"deployments": "apps", "statefulsets": "apps", "daemonsets": "apps", "replicasets": "apps",
	"jobs": "batch", "cronjobs": "batch",
}

// checkPolicies compiles every admission policy as the API server does, and
// holds that tenants can run the platform's images only.
func checkPolicies(e *Environment, r *report) {
	objects := e.Objects()
	bindings := all[*admissionv1.ValidatingAdmissionPolicyBinding](objects)
	guarded := false
	for _, policy := range all[*admissionv1.ValidatingAdmissionPolicy](objects) {
		about := e.about("ValidatingAdmissionPolicy", policy)
		for _, problem := range PolicyProblems(policy) {
			r.add("admission-policy", about, "mend the CEL expression", "%s", problem)
		}
		bound := false
		for _, binding := range bindings {
			bound = bound || binding.Spec.PolicyName == policy.Name
			guarded = guarded || binding.Spec.PolicyName == policy.Name && e.confines(policy) && e.reaches(binding)
		}
		if !bound {
			r.add("admission-policy", about, "add a ValidatingAdmissionPolicyBinding", "no binding puts it to work")
		}
		if policy.Spec.FailurePolicy != nil && *policy.Spec.FailurePolicy != admissionv1.Fail {
			r.add("admission-policy", about, "set failurePolicy: Fail", "failurePolicy is %s: an error would admit what it should refuse", *policy.Spec.FailurePolicy)
		}
	}
	for _, binding := range bindings {
		about := e.about("ValidatingAdmissionPolicyBinding", binding)
		if !e.has("ValidatingAdmissionPolicy", "", binding.Spec.PolicyName) {
			r.add("admission-policy", about, "name a policy that there is", "its policy %s does not exist", binding.Spec.PolicyName)
		}
		if !slices.Contains(binding.Spec.ValidationActions, admissionv1.Deny) {
			r.add("admission-policy", about, "set validationActions: [Deny]", "refuses nothing: validationActions is %v", binding.Spec.ValidationActions)
		}
	}
	if !guarded {
		r.add("admission-policy", file("infrastructure/policies/images/app-images.yaml"),
			"refuse images that do not begin with ${image_prefix}/, for every kind that runs images, in namespaces with the label "+tenantLabel,
			"no admission policy keeps the tenants of %s to the platform's images", e.Name)
	}
}

// confines says whether a policy admits the platform's images and no others,
// wherever images are named.
func (e *Environment) confines(policy *admissionv1.ValidatingAdmissionPolicy) bool {
	if policy.Spec.MatchConstraints == nil {
		return false
	}
	for resource, group := range runners {
		if !slices.ContainsFunc(policy.Spec.MatchConstraints.ResourceRules, func(rule admissionv1.NamedRuleWithOperations) bool {
			return slices.Contains(rule.APIGroups, group) && slices.Contains(rule.Resources, resource) &&
				slices.Contains(rule.Operations, admissionv1.Create) && slices.Contains(rule.Operations, admissionv1.Update)
		}) {
			return false
		}
	}
	ours := e.complete()["image_prefix"] + "/hello:20261123T101500Z-0a1b2c3"
	refused, err := Refusal(policy, podOf(ours), nil)
	if err != nil || refused != "" {
		return false
	}
	refused, err = Refusal(policy, podOf("docker.io/library/nginx:1"), nil)
	return err == nil && refused != ""
}

func podOf(image string) Object {
	const pod = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","namespace":"hello"},"spec":{"containers":[{"name":"a","image":%q}]}}`
	object, err := Decode([]byte(fmt.Sprintf(pod, image)))
	if err != nil {
		panic(err)
	}
	return object
}

// reaches says whether a binding covers every namespace of a tenant.
func (e *Environment) reaches(binding *admissionv1.ValidatingAdmissionPolicyBinding) bool {
	if binding.Spec.MatchResources == nil {
		return true
	}
	selector, err := metav1.LabelSelectorAsSelector(binding.Spec.MatchResources.NamespaceSelector)
	if err != nil || binding.Spec.MatchResources.NamespaceSelector == nil {
		return err == nil
	}
	for _, namespace := range all[*corev1.Namespace](e.Objects()) {
		if !selector.Matches(labels.Set(namespace.Labels)) {
			return false
		}
	}
	return selector.Matches(labels.Set{tenantLabel: "any"})
}
