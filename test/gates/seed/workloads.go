package seed

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"

	"gitops-eks/test/manifests"
)

// progressDeadline is a Deployment's when it does not say, in seconds.
const progressDeadline = 600

// checkRollouts reports Deployments that cannot roll out, or that fail later
// than the Kustomization stops to wait for them.
func checkRollouts(e *manifests.Environment, note noter) {
	for _, sync := range e.Syncs {
		for _, object := range sync.Objects {
			deployment, ok := object.Typed.(*appsv1.Deployment)
			if !ok {
				continue
			}
			if rolling := deployment.Spec.Strategy.RollingUpdate; rolling != nil && none(rolling.MaxSurge) && none(rolling.MaxUnavailable) {
				note("rollout", object, "maxSurge and maxUnavailable are both 0: the API server refuses it, for no pod could be replaced", "let one of them be 1 or more")
			}
			deadline := int32(progressDeadline)
			if deployment.Spec.ProgressDeadlineSeconds != nil {
				deadline = *deployment.Spec.ProgressDeadlineSeconds
			}
			if timeout := sync.Spec.Timeout; sync.Spec.Wait && timeout != nil && float64(deadline) > timeout.Seconds() {
				note("rollout", object, fmt.Sprintf("progressDeadlineSeconds is %d, and the Kustomization %s waits %s: a rollout that hangs is never said to have failed", deadline, sync.Name, timeout.Duration),
					"make it shorter than the timeout of the Kustomization")
			}
		}
	}
}

// none says whether a number or a share is set, and is 0.
func none(value *intstr.IntOrString) bool {
	return value != nil && (value.IntValue() == 0 && strings.TrimSuffix(value.StrVal, "%") == "" || value.StrVal == "0%")
}

// checkLimits reports LimitRanges that the API server refuses.
func checkLimits(e *manifests.Environment, note noter) {
	for _, object := range e.Objects() {
		limits, ok := object.Typed.(*corev1.LimitRange)
		if !ok {
			continue
		}
		for _, item := range limits.Spec.Limits {
			for name, request := range item.DefaultRequest {
				if limit, ok := item.Default[name]; ok && request.Cmp(limit) > 0 {
					note("limit-range", object, fmt.Sprintf("defaultRequest of %s is %s, more than the default limit, %s: the API server refuses it", name, request.String(), limit.String()), "raise the limit, or lower the request")
				}
			}
		}
	}
}

// checkDenials reports policies that are for all pods and allow nothing, which
// means to deny all, and that are for one direction alone. A policy of the other
// direction may be beside it.
func checkDenials(e *manifests.Environment, note noter) {
	denied := map[string]map[networkingv1.PolicyType]bool{}
	var denials []manifests.Object
	for _, object := range e.Objects() {
		policy, ok := object.Typed.(*networkingv1.NetworkPolicy)
		if !ok || len(policy.Spec.PodSelector.MatchLabels)+len(policy.Spec.PodSelector.MatchExpressions) > 0 || len(policy.Spec.Ingress)+len(policy.Spec.Egress) > 0 {
			continue
		}
		if denied[policy.Namespace] == nil {
			denied[policy.Namespace] = map[networkingv1.PolicyType]bool{}
		}
		for _, direction := range policy.Spec.PolicyTypes {
			denied[policy.Namespace][direction] = true
		}
		denials = append(denials, object)
	}
	for _, object := range denials {
		for _, direction := range []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress} {
			if !denied[object.Raw.GetNamespace()][direction] {
				note("network-policy", object, fmt.Sprintf("denies no %s: policyTypes does not name it", direction), "set policyTypes: [Ingress, Egress]")
			}
		}
	}
}

// checkClasses reports Ingresses of a class that nobody makes: no controller
// would look at them.
func checkClasses(e *manifests.Environment, note noter) {
	classes := map[string]bool{}
	for _, object := range e.Objects() {
		classes[object.Raw.GetName()] = classes[object.Raw.GetName()] || object.Raw.GetKind() == "IngressClass"
	}
	for _, object := range e.Objects() {
		class, _, _ := unstructured.NestedString(object.Raw.Object, "spec", "ingressClassName")
		if object.Raw.GetKind() == "Ingress" && class != "" && !classes[class] {
			note("reference", object, fmt.Sprintf("ingressClassName is %q, and no IngressClass of the seed is called so", class), "add the component public-ingress to tenants, or name a class that there is")
		}
	}
}
