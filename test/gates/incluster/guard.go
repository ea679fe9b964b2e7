package incluster

import (
	"encoding/json"
	"fmt"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gitops-eks/test/manifests"
)

const guardName = "teardown-guard"

// guard is what makes a teardown fail while a tenant's namespace is still there.
type guard struct {
	policy, binding, check *part
}

func (c *cluster) guard() guard {
	return guard{
		policy:  c.manifest("ValidatingAdmissionPolicy", guardName),
		binding: c.manifest("ValidatingAdmissionPolicyBinding", guardName),
		check:   c.find(func(p *part) bool { return p.Type == patchType }),
	}
}

// checkGuard plays the teardown: the patch that undoes the check has to be
// refused while a tenant's namespace is there, and the check itself admitted.
func (r *review) checkGuard(c *cluster) {
	g := c.guard()
	for what, p := range map[string]*part{"admission policy": g.policy, "binding": g.binding, "patch": g.check} {
		if p == nil {
			r.missing("teardown-guard", c, "add it, as constructs/guard.go does", "the teardown guard of %s has no %s: a teardown would leave behind in silence what refuses to end", c.LogicalID, what)
		}
	}
	if g.policy == nil || g.binding == nil || g.check == nil {
		return
	}
	r.checkBinding(g)
	r.checkPlay(c, g)
}

func (r *review) checkBinding(g guard) {
	wrong := func(fix, format string, args ...any) {
		r.add("teardown-guard", g.binding.Resource, fix, format, args...)
	}
	binding, ok := g.binding.object.Typed.(*admissionv1.ValidatingAdmissionPolicyBinding)
	if !ok {
		return // Decoding has said it.
	}
	if name := g.policy.object.Raw.GetName(); binding.Spec.PolicyName != name {
		wrong("set policyName: "+name, "binds the policy %q, want %q", binding.Spec.PolicyName, name)
	}
	if !slices.Contains(binding.Spec.ValidationActions, admissionv1.Deny) {
		wrong("set validationActions: [Deny]", "refuses nothing: validationActions is %v", binding.Spec.ValidationActions)
	}
	params := binding.Spec.ParamRef
	if params == nil || params.Selector == nil {
		wrong("set paramRef.selector to the labels that kustomize-controller puts on what tenants applies", "asks about no namespace")
		return
	}
	want := map[string]string{"kustomize.toolkit.fluxcd.io/name": tenantsName, "kustomize.toolkit.fluxcd.io/namespace": fluxNamespace}
	if plain(params.Selector) != plain(metav1.LabelSelector{MatchLabels: want}) {
		wrong("select by "+plain(want), "asks about %s, want the namespaces that the Kustomization %s made: %s", plain(params.Selector), tenantsName, plain(want))
	}
	if params.ParameterNotFoundAction == nil || *params.ParameterNotFoundAction != admissionv1.AllowAction {
		wrong("set parameterNotFoundAction: Allow", "refuses the teardown when all namespaces are gone")
	}
	resources := binding.Spec.MatchResources
	if resources != nil && resources.NamespaceSelector != nil && plain(resources.NamespaceSelector.MatchLabels) != plain(map[string]string{"kubernetes.io/metadata.name": fluxNamespace}) {
		wrong("select the namespace "+fluxNamespace, "looks at the namespaces %s, want %s", plain(resources.NamespaceSelector), fluxNamespace)
	}
}

func (r *review) checkPlay(c *cluster, g guard) {
	policy, ok := g.policy.object.Typed.(*admissionv1.ValidatingAdmissionPolicy)
	facts := c.manifest("ConfigMap", factsName)
	if !ok || facts == nil || len(manifests.PolicyProblems(policy)) > 0 {
		return // Said elsewhere.
	}
	if policy.Spec.FailurePolicy != nil && *policy.Spec.FailurePolicy != admissionv1.Fail {
		r.add("teardown-guard", g.policy.Resource, "set failurePolicy: Fail", "failurePolicy is %s: an error would let the teardown go on", *policy.Spec.FailurePolicy)
	}
	if kind := policy.Spec.ParamKind; kind == nil || kind.Kind != "Namespace" || kind.APIVersion != "v1" {
		r.add("teardown-guard", g.policy.Resource, "set paramKind: {apiVersion: v1, kind: Namespace}", "does not ask about namespaces")
		return
	}
	if !looksAtFacts(policy) {
		r.add("teardown-guard", g.policy.Resource, "match UPDATE of configmaps named "+factsName, "does not look at updates of the ConfigMap %s", factsName)
	}
	check := g.check
	if plain(check.Get("ResourceName")) != "configmap/"+factsName || plain(check.Get("ResourceNamespace")) != fluxNamespace || plain(check.Get("PatchType")) != "merge" {
		r.add("teardown-guard", check.Resource, "patch configmap/"+factsName+" in "+fluxNamespace+" with PatchType merge", "patches %s in %s with %s", plain(check.Get("ResourceName")), plain(check.Get("ResourceNamespace")), plain(check.Get("PatchType")))
	}
	for property, refused := range map[string]bool{"ApplyPatchJson": false, "RestorePatchJson": true} {
		said, err := r.patched(policy, facts, plain(check.Get(property)))
		switch {
		case err != nil:
			r.add("teardown-guard", check.Resource, "make it a JSON merge patch", "%s: %v", property, err)
		case refused && said == "":
			r.add("teardown-guard", check.Resource, "set the annotation that the policy "+g.policy.LogicalID+" refuses", "the teardown would go on while a tenant's namespace is there: the policy admits %s", property)
		case !refused && said != "":
			r.add("teardown-guard", check.Resource, "set ApplyPatchJson: {}", "the deployment would fail: the policy refuses %s: %s", property, said)
		}
	}
}

func looksAtFacts(policy *admissionv1.ValidatingAdmissionPolicy) bool {
	return policy.Spec.MatchConstraints != nil && slices.ContainsFunc(policy.Spec.MatchConstraints.ResourceRules, func(rule admissionv1.NamedRuleWithOperations) bool {
		return slices.Contains(rule.Resources, "configmaps") && slices.Contains(rule.APIGroups, "") && slices.Contains(rule.APIVersions, "v1") &&
			slices.Contains(rule.Operations, admissionv1.Update) &&
			(len(rule.ResourceNames) == 0 || slices.Contains(rule.ResourceNames, factsName))
	})
}

// patched is what the policy says of the facts after a merge patch, while the
// namespace of a tenant is there.
func (r *review) patched(policy *admissionv1.ValidatingAdmissionPolicy, facts *part, patch string) (string, error) {
	var change map[string]any
	if err := json.Unmarshal([]byte(patch), &change); err != nil {
		return "", fmt.Errorf("is not a JSON object: %w", err)
	}
	whole := facts.object.Raw.DeepCopy().Object
	merge(whole, change)
	text, err := json.Marshal(whole)
	if err != nil {
		return "", err
	}
	object, err := manifests.Decode(text)
	if err != nil {
		return "", err
	}
	tenant := &corev1.Namespace{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: metav1.ObjectMeta{Name: "hello"}}
	return manifests.Refusal(policy, manifests.Request{Object: object, Params: tenant})
}

// merge is RFC 7396.
func merge(into, change map[string]any) {
	for key, value := range change {
		below, object := value.(map[string]any)
		switch {
		case value == nil:
			delete(into, key)
		case object:
			target, ok := into[key].(map[string]any)
			if !ok {
				target = map[string]any{}
			}
			merge(target, below)
			into[key] = target
		default:
			into[key] = value
		}
	}
}
