package manifests

import (
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
)

// runners are the kinds that run images, and the resource of a debug container.
var runners = map[string]string{
	"pods": "", "pods/ephemeralcontainers": "", "replicationcontrollers": "",
	"deployments": "apps", "statefulsets": "apps", "daemonsets": "apps", "replicasets": "apps",
	"jobs": "batch", "cronjobs": "batch",
}

// refusals are what tenants must not be able to make, each with what of the same
// kind they must: some admission policy has to refuse all of the one, and none of
// the other. The objects are YAML in which IMAGE is a release of the app hello, and
// PREFIX what the platform's images begin with.
var refusals = []struct {
	what, file, fix   string
	resources         map[string]string
	admitted, refused []string
}{
	{
		"keeps the tenants to releases of their own app", "infrastructure/policies/images/app-images.yaml",
		"refuse images that are not ${image_prefix}/<the tenant's app>:<a tag of the pipeline>", runners,
		[]string{pod("IMAGE")},
		[]string{
			pod("docker.io/library/nginx:1"), pod("PREFIX-x/hello:20261123T101500Z-0a1b2c3"), pod("docker.io/hello:20261123T101500Z-0a1b2c3"),
			pod("PREFIX/other:20261123T101500Z-0a1b2c3"), pod("PREFIX/hello"),
			pod("PREFIX/hello:cache"), pod("PREFIX/hello:20261123T101500Z-0a1b2c3-amd64"),
			pod("PREFIX/hello@" + digest), pod("IMAGE@" + digest),
		},
	},
	{
		"refuses a writable root file system", "infrastructure/policies/workloads/app-pods.yaml",
		"refuse containers without readOnlyRootFilesystem: true", runners,
		[]string{pod("IMAGE")},
		[]string{strings.Replace(pod("IMAGE"), "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", 1),
			strings.Replace(pod("IMAGE"), "readOnlyRootFilesystem: true", "", 1)},
	},
	{
		"refuses the system's priority classes", "infrastructure/policies/workloads/app-pods.yaml",
		"refuse pods whose priorityClassName begins with system-", runners,
		[]string{pod("IMAGE") + "  priorityClassName: low\n"},
		[]string{pod("IMAGE") + "  priorityClassName: system-node-critical\n", pod("IMAGE") + "  priorityClassName: system-cluster-critical\n"},
	},
	{
		"refuses to tolerate every taint", "infrastructure/policies/workloads/app-pods.yaml",
		"refuse tolerations with operator Exists and no key", runners,
		[]string{pod("IMAGE") + "  tolerations: [{key: gpu, operator: Exists}]\n"},
		[]string{pod("IMAGE") + "  tolerations: [{operator: Exists}]\n", pod("IMAGE") + "  tolerations: [{operator: Exists, effect: NoSchedule}]\n"},
	},
	{
		"refuses Services with externalIPs", "infrastructure/policies/workloads/app-services.yaml",
		"refuse Services with spec.externalIPs", map[string]string{"services": ""},
		[]string{"apiVersion: v1\nkind: Service" + named + "  ports: [{port: 80}]\n"},
		[]string{"apiVersion: v1\nkind: Service" + named + "  ports: [{port: 80}]\n  externalIPs: [192.0.2.1]\n"},
	},
	{
		"refuses budgets that block every drain", "infrastructure/policies/workloads/app-budgets.yaml",
		"refuse PodDisruptionBudgets without a maxUnavailable of at least 1 and unhealthyPodEvictionPolicy AlwaysAllow",
		map[string]string{"poddisruptionbudgets": "policy"},
		[]string{budget("maxUnavailable: 1"), budget("maxUnavailable: 10%")},
		[]string{
			budget("maxUnavailable: 0"), budget(`maxUnavailable: "0"`), budget("maxUnavailable: 00%"), budget("minAvailable: 100%"),
			budget("minAvailable: 1"), budget("minAvailable: 1%"),
			strings.Replace(budget("maxUnavailable: 1"), "AlwaysAllow", "IfHealthyBudget", 1),
		},
	},
}

const (
	named  = "\nmetadata: {name: x, namespace: hello}\nspec:\n"
	digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

func pod(image string) string {
	return "apiVersion: v1\nkind: Pod" + named + "  containers: [{name: a, image: '" + image + "', securityContext: {readOnlyRootFilesystem: true}}]\n"
}

func budget(limit string) string {
	return "apiVersion: policy/v1\nkind: PodDisruptionBudget" + named + "  unhealthyPodEvictionPolicy: AlwaysAllow\n  " + limit + "\n"
}

// checkPolicies compiles every admission policy as the API server does, and
// holds that tenants are refused what they must not do, and nothing else.
func checkPolicies(e *Environment, r *report) {
	objects := e.Objects()
	bindings := all[*admissionv1.ValidatingAdmissionPolicyBinding](objects)
	var working []workingPolicy
	for _, policy := range all[*admissionv1.ValidatingAdmissionPolicy](objects) {
		about := e.about("ValidatingAdmissionPolicy", policy)
		problems := PolicyProblems(policy)
		for _, problem := range problems {
			r.add("admission-policy", about, "mend the CEL expression", "%s", problem)
		}
		bound := false
		for _, binding := range bindings {
			if binding.Spec.PolicyName == policy.Name {
				bound = true
				validator, err := compile(policy)
				if err == nil && len(problems) == 0 && e.reaches(binding) && policy.Spec.ParamKind == nil {
					working = append(working, workingPolicy{policy, validator})
				}
			}
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
	for _, demand := range refusals {
		if !slices.ContainsFunc(working, func(policy workingPolicy) bool {
			return watches(policy.ValidatingAdmissionPolicy, demand.resources) &&
				!slices.ContainsFunc(demand.admitted, func(text string) bool { return e.refuses(policy, text) }) &&
				!slices.ContainsFunc(demand.refused, func(text string) bool { return !e.refuses(policy, text) })
		}) {
			r.add("admission-policy", file(demand.file), demand.fix+", in namespaces with the label "+tenantLabel,
				"no admission policy of %s %s, and nothing else", e.Name, demand.what)
		}
	}
	e.checkAdmitted(working, r)
}

// workingPolicy is one that compiles and is bound to the tenants.
type workingPolicy struct {
	*admissionv1.ValidatingAdmissionPolicy
	validator validating.Validator
}

// checkAdmitted reports what an app applies and an admission policy refuses.
func (e *Environment) checkAdmitted(working []workingPolicy, r *report) {
	tenants := map[string]map[string]string{}
	for _, namespace := range all[*corev1.Namespace](e.Objects()) {
		if _, ok := namespace.Labels[tenantLabel]; ok {
			tenants[namespace.Name] = namespace.Labels
		}
	}
	for _, s := range e.Syncs {
		for _, object := range s.Objects {
			in := tenants[object.Raw.GetNamespace()]
			if in == nil || !s.isApp() || object.Typed == nil {
				continue
			}
			for _, policy := range working {
				if !covers(policy.ValidatingAdmissionPolicy, object, "") {
					continue
				}
				if says := refusal(policy.validator, Request{Object: object, Labels: in}); says != "" {
					r.add("admission", object.subject(), "do as the message says, or change the policy", "the policy %s refuses it: %s", policy.Name, says)
				}
			}
		}
	}
}

// watches says whether a policy looks at all that makes or changes one of the resources.
func watches(policy *admissionv1.ValidatingAdmissionPolicy, resources map[string]string) bool {
	if policy.Spec.MatchConstraints == nil {
		return false
	}
	for resource, group := range resources {
		if !slices.ContainsFunc(policy.Spec.MatchConstraints.ResourceRules, func(rule admissionv1.NamedRuleWithOperations) bool {
			return slices.Contains(rule.APIGroups, group) && slices.Contains(rule.Resources, resource) &&
				slices.Contains(rule.Operations, admissionv1.Create) && slices.Contains(rule.Operations, admissionv1.Update)
		}) {
			return false
		}
	}
	return true
}

// refuses says whether a policy refuses one of the objects of [refusals].
func (e *Environment) refuses(policy workingPolicy, text string) bool {
	prefix := e.complete()["image_prefix"]
	text = strings.NewReplacer("IMAGE", prefix+"/hello:20261123T101500Z-0a1b2c3", "PREFIX", prefix).Replace(text)
	object, err := Decode([]byte(text))
	if err != nil {
		panic(err)
	}
	return refusal(policy.validator, Request{Object: object}) != ""
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
