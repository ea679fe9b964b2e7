package incluster

import (
	"fmt"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"gitops-eks/test/manifests"
)

const lockdownName = "flux-lockdown"

// Objects of Flux, by what they are called below.
const (
	anApp        = `{"apiVersion":"kustomize.toolkit.fluxcd.io/v1","kind":"Kustomization","metadata":{"name":"hello","namespace":"flux-system"},"spec":{"interval":"1m","prune":true,"serviceAccountName":%q,"sourceRef":{"kind":"GitRepository","name":"flux-system"},"path":%q}}`
	aRoot        = `{"apiVersion":"kustomize.toolkit.fluxcd.io/v1","kind":"Kustomization","metadata":{"name":"tenants","namespace":"flux-system","annotations":{"a":%q}},"spec":{"interval":"1m","prune":true,"serviceAccountName":"kustomize-controller","sourceRef":{"kind":"GitRepository","name":"flux-system"},"path":%q}}`
	aSource      = `{"apiVersion":"source.toolkit.fluxcd.io/v1","kind":"GitRepository","metadata":{"name":"flux-system","namespace":"flux-system","annotations":{"a":%q}},"spec":{"interval":"1m","url":%q}}`
	aRelease     = `{"apiVersion":"helm.toolkit.fluxcd.io/v2","kind":"HelmRelease","metadata":{"name":"x","namespace":"flux-system"},"spec":{"interval":"1m","serviceAccountName":%q,"chartRef":{"kind":"HelmChart","name":"x"}}}`
	anImage      = `{"apiVersion":"image.toolkit.fluxcd.io/v1","kind":"ImageRepository","metadata":{"name":"hello","namespace":"flux-system","annotations":{"a":%q}},"spec":{"interval":"1m","image":%q}}`
	aTokenOf     = `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":%q,"namespace":"flux-system"}}`
	fluxAccounts = "system:serviceaccount:flux-system:"
)

// attempt is a request that the policy of the lockdown answers.
type attempt struct {
	what, user  string
	object, old string
	token       bool
	refused     bool
}

// attempts are the ways from the rights of one controller, or of Git, to those
// of kustomize-controller, and beside each what is right.
func attempts() []attempt {
	app := func(account string) string { return fmt.Sprintf(anApp, account, "./apps/dev/hello") }
	root := func(note, path string) string { return fmt.Sprintf(aRoot, note, path) }
	source := func(note, url string) string { return fmt.Sprintf(aSource, note, url) }
	image := func(note, image string) string { return fmt.Sprintf(anImage, note, image) }
	all := []attempt{
		{what: "Git makes an app's Kustomization", user: fluxAccounts + "platform-reconciler", object: app("hello")},
		{what: "Git makes a Kustomization that acts as kustomize-controller", user: fluxAccounts + "platform-reconciler", object: app("kustomize-controller"), refused: true},
		{what: "Git makes a Kustomization that acts as the operator", user: fluxAccounts + "platform-reconciler", object: app("flux-operator"), refused: true},
		{what: "a person makes a Kustomization that acts as kustomize-controller", user: "somebody", object: app("kustomize-controller"), refused: true},
		{what: "Git makes a HelmRelease that acts as helm-controller", user: fluxAccounts + "infrastructure-reconciler", object: fmt.Sprintf(aRelease, "helm-controller"), refused: true},
		{what: "Git makes a HelmRelease", user: fluxAccounts + "infrastructure-reconciler", object: fmt.Sprintf(aRelease, "hello")},
		{what: "the CDK makes the root", user: "handler", object: root("", "./tenants")},
		{what: "the CDK changes the root", user: "handler", object: root("", "./tenants"), old: root("", "./others")},
		{what: "Git changes the root", user: fluxAccounts + "platform-reconciler", object: root("", "./evil"), old: root("", "./tenants"), refused: true},
		{what: "kustomize-controller changes the root", user: fluxAccounts + "kustomize-controller", object: root("", "./evil"), old: root("", "./tenants"), refused: true},
		{what: "kustomize-controller finishes the root", user: fluxAccounts + "kustomize-controller", object: root("b", "./tenants"), old: root("a", "./tenants")},
		{what: "Git changes what the roots follow", user: fluxAccounts + "infrastructure-reconciler", object: source("", "https://evil.example"), old: source("", "https://git.example"), refused: true},
		{what: "source-controller changes what the roots follow", user: fluxAccounts + "source-controller", object: source("", "https://evil.example"), old: source("", "https://git.example"), refused: true},
		{what: "source-controller finishes a source", user: fluxAccounts + "source-controller", object: source("b", "https://git.example"), old: source("a", "https://git.example")},
		{what: "image-reflector-controller finishes an ImageRepository", user: fluxAccounts + "image-reflector-controller", object: image("b", "x"), old: image("a", "x")},
		{what: "image-reflector-controller changes an ImageRepository", user: fluxAccounts + "image-reflector-controller", object: image("a", "y"), old: image("a", "x"), refused: true},
		{what: "notification-controller asks for a look at once", user: fluxAccounts + "notification-controller", object: image("b", "x"), old: image("a", "x")},
		{what: "source-controller annotates an image", user: fluxAccounts + "source-controller", object: image("b", "x"), old: image("a", "x"), refused: true},
		{what: "a person makes a token", user: "somebody", object: fmt.Sprintf(aTokenOf, "kustomize-controller"), token: true},
	}
	for _, controller := range components {
		all = append(all, attempt{what: controller + " makes a token of another", user: fluxAccounts + controller, object: fmt.Sprintf(aTokenOf, "kustomize-controller"), token: true, refused: true})
		if controller != "kustomize-controller" {
			all = append(all, attempt{what: controller + " makes a Kustomization", user: fluxAccounts + controller, object: app("hello"), refused: true})
		}
	}
	return all
}

// checkLockdown plays what a controller that was taken over would do.
func (r *review) checkLockdown(c *cluster) {
	policy, binding := c.manifest("ValidatingAdmissionPolicy", lockdownName), c.manifest("ValidatingAdmissionPolicyBinding", lockdownName)
	if policy == nil || binding == nil {
		r.missing("flux-lockdown", c, "add it, as constructs/lockdown.go does", "%s has no admission policy %s with its binding: every controller of Flux could act as kustomize-controller, which may do everything", c.LogicalID, lockdownName)
		return
	}
	spec := binding.object.Typed.(*admissionv1.ValidatingAdmissionPolicyBinding).Spec
	if spec.PolicyName != lockdownName || !slices.Contains(spec.ValidationActions, admissionv1.Deny) || spec.MatchResources != nil {
		r.add("flux-lockdown", binding.Resource, "set policyName: "+lockdownName+" and validationActions: [Deny], and no matchResources", "does not put the policy to work everywhere: %s", plain(spec))
	}
	typed := policy.object.Typed.(*admissionv1.ValidatingAdmissionPolicy)
	if len(manifests.PolicyProblems(typed)) > 0 {
		return // Said elsewhere.
	}
	if typed.Spec.FailurePolicy != nil && *typed.Spec.FailurePolicy != admissionv1.Fail {
		r.add("flux-lockdown", policy.Resource, "set failurePolicy: Fail", "failurePolicy is %s: an error would admit what it should refuse", *typed.Spec.FailurePolicy)
	}
	for _, one := range attempts() {
		said, err := play(typed, one)
		switch {
		case err != nil:
			r.add("flux-lockdown", policy.Resource, "mend the policy", "%s: %v", one.what, err)
		case one.refused && said == "":
			r.add("flux-lockdown", policy.Resource, "refuse it, as constructs/lockdown.go does", "admits that %s", one.what)
		case !one.refused && said != "":
			r.add("flux-lockdown", policy.Resource, "admit it", "refuses that %s: %s", one.what, said)
		}
	}
}

// play is the answer to an attempt; "" when the policy does not look at it, too.
func play(policy *admissionv1.ValidatingAdmissionPolicy, one attempt) (string, error) {
	object, err := manifests.Decode([]byte(one.object))
	if err != nil {
		return "", err
	}
	request := manifests.Request{Object: object, User: one.user}
	resource, operation := "*", admissionv1.Create
	if one.old != "" {
		old, err := manifests.Decode([]byte(one.old))
		if err != nil {
			return "", err
		}
		request.Old, operation = &old, admissionv1.Update
	}
	if one.token {
		request.Subresource, resource = "token", "serviceaccounts/token"
	}
	if !slices.ContainsFunc(policy.Spec.MatchConstraints.ResourceRules, func(rule admissionv1.NamedRuleWithOperations) bool {
		return slices.Contains(rule.APIGroups, object.Raw.GroupVersionKind().Group) && slices.Contains(rule.Resources, resource) && slices.Contains(rule.Operations, operation)
	}) {
		return "", nil
	}
	return manifests.Refusal(policy, request)
}
