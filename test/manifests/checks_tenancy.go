package manifests

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/component-helpers/auth/rbac/validation"
)

// fluxAccount is the controller's own, cluster-admin account; only the root
// Kustomization tenants may use it.
const fluxAccount = "kustomize-controller"

// checkAccounts holds that whom a Kustomization impersonates outlives it. On deletion
// Flux removes all children at once; one whose account is gone orphans its objects.
func checkAccounts(e *Environment) []string {
	var problems []string
	accounts := e.serviceAccounts()
	for _, s := range e.Syncs {
		account := s.Spec.ServiceAccountName
		switch {
		case account == "":
			problems = append(problems, fmt.Sprintf("Kustomization %s: no serviceAccountName", s.Name))
		case account == fluxAccount && s.Name != "tenants":
			problems = append(problems, fmt.Sprintf("Kustomization %s: impersonates %s, which is cluster-admin", s.Name, account))
		case account == fluxAccount:
		case accounts[fluxNamespace+"/"+account] != "tenants":
			problems = append(problems, fmt.Sprintf("Kustomization %s: its ServiceAccount %s is not in tenants, which is deleted last", s.Name, account))
		}
	}
	for _, s := range e.Syncs {
		if s.Name == "tenants" {
			continue
		}
		for _, object := range s.Objects {
			if object.Raw.GroupVersionKind().Group == rbacv1.GroupName {
				problems = append(problems, fmt.Sprintf("%s: in %s; RBAC belongs to tenants, which is deleted last", object.ID(), s.Name))
			}
		}
	}
	return problems
}

// access is what RBAC grants, read from an environment's objects.
type access struct {
	roles        map[string][]rbacv1.PolicyRule // by namespace/name; "/name" for ClusterRoles
	bindings     []*rbacv1.RoleBinding
	clusterwide  []*rbacv1.ClusterRoleBinding
	clusterRoles []*rbacv1.ClusterRole
}

func (e *Environment) access() access {
	objects := e.Objects()
	a := access{
		roles:        map[string][]rbacv1.PolicyRule{},
		bindings:     all[*rbacv1.RoleBinding](objects),
		clusterwide:  all[*rbacv1.ClusterRoleBinding](objects),
		clusterRoles: all[*rbacv1.ClusterRole](objects),
	}
	for _, role := range a.clusterRoles {
		a.roles["/"+role.Name] = role.Rules
	}
	for _, role := range all[*rbacv1.Role](objects) {
		a.roles[role.Namespace+"/"+role.Name] = role.Rules
	}
	return a
}

func names(subjects []rbacv1.Subject, account string) bool {
	return slices.Contains(subjects, rbacv1.Subject{Kind: "ServiceAccount", Name: account, Namespace: fluxNamespace})
}

// rules are those of one of Flux's accounts in a namespace; "" is cluster-wide.
func (a access) rules(account, namespace string) []rbacv1.PolicyRule {
	var rules []rbacv1.PolicyRule
	for _, binding := range a.clusterwide {
		if names(binding.Subjects, account) {
			rules = append(rules, a.roles["/"+binding.RoleRef.Name]...)
		}
	}
	for _, binding := range a.bindings {
		if namespace == "" || binding.Namespace != namespace || !names(binding.Subjects, account) {
			continue
		}
		role := "/" + binding.RoleRef.Name
		if binding.RoleRef.Kind == "Role" {
			role = binding.Namespace + role
		}
		rules = append(rules, a.roles[role]...)
	}
	return rules
}

// applyVerbs are what server-side apply, pruning and waiting need.
var applyVerbs = []string{"get", "create", "patch", "delete"}

// needs are the rules for applying an object and for looking at its health.
func needs(object Object) []rbacv1.PolicyRule {
	gvk := object.Raw.GroupVersionKind()
	resource, _ := meta.UnsafeGuessKindToResource(gvk)
	rules := []rbacv1.PolicyRule{{APIGroups: []string{gvk.Group}, Resources: []string{resource.Resource}, Verbs: applyVerbs}}
	if gvk.Kind == "Deployment" || gvk.Kind == "StatefulSet" {
		rules = append(rules,
			rbacv1.PolicyRule{APIGroups: []string{"apps"}, Resources: []string{"replicasets"}, Verbs: []string{"list"}},
			rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"list"}})
	}
	return rules
}

// checkRights holds that each Kustomization may apply what it has, and that the
// platform's own accounts may do nothing else.
func checkRights(e *Environment) []string {
	var problems []string
	a := e.access()
	used := map[string][]rbacv1.PolicyRule{}
	for _, s := range e.Syncs {
		account := s.Spec.ServiceAccountName
		if account == fluxAccount {
			continue
		}
		for _, object := range s.Objects {
			needed := needs(object)
			used[account] = append(used[account], needed...)
			if ok, missing := validation.Covers(a.rules(account, object.Raw.GetNamespace()), needed); !ok {
				problems = append(problems, fmt.Sprintf("Kustomization %s: %s may not %s %s for %s",
					s.Name, account, missing[0].Verbs[0], missing[0].Resources[0], object.ID()))
			}
		}
	}
	for _, account := range []string{"platform-reconciler", "infrastructure-reconciler"} {
		for _, rule := range a.all(account) {
			for _, resource := range rule.Resources {
				one := []rbacv1.PolicyRule{{APIGroups: rule.APIGroups, Resources: []string{resource}, Verbs: []string{"create"}}}
				// Only dev has image automation; the account is the same everywhere.
				if slices.Equal(rule.APIGroups, []string{"image.toolkit.fluxcd.io"}) && e.Name != "dev" {
					continue
				}
				if ok, _ := validation.Covers(used[account], one); !ok {
					problems = append(problems, fmt.Sprintf("%s may create %s, which it never applies", account, resource))
				}
			}
		}
	}
	return problems
}

// all are the rules of an account anywhere.
func (a access) all(account string) []rbacv1.PolicyRule {
	rules := a.rules(account, "")
	for _, binding := range a.bindings {
		role := "/" + binding.RoleRef.Name
		if binding.RoleRef.Kind == "Role" {
			role = binding.Namespace + role
		}
		if names(binding.Subjects, account) {
			rules = append(rules, a.roles[role]...)
		}
	}
	return rules
}

// checkTenants confines each app's account to the app's namespaces, and refuses rights
// that lead to more rights.
func checkTenants(e *Environment) []string {
	var problems []string
	a := e.access()
	for _, s := range e.Syncs {
		if !s.isApp() {
			continue
		}
		account := s.Spec.ServiceAccountName
		for _, binding := range a.clusterwide {
			if names(binding.Subjects, account) {
				problems = append(problems, fmt.Sprintf("tenant %s: ClusterRoleBinding %s", account, binding.Name))
			}
		}
		for _, binding := range a.bindings {
			if names(binding.Subjects, account) && binding.Namespace != account {
				problems = append(problems, fmt.Sprintf("tenant %s: RoleBinding %s in namespace %s", account, binding.Name, binding.Namespace))
			}
		}
		for _, other := range e.Syncs {
			if other.Name != s.Name && other.Spec.ServiceAccountName == account {
				problems = append(problems, fmt.Sprintf("tenant %s: its account is used by Kustomization %s", account, other.Name))
			}
		}
	}
	for role, rules := range a.roles {
		for _, rule := range rules {
			for _, word := range slices.Concat(rule.APIGroups, rule.Resources, rule.Verbs) {
				if slices.Contains([]string{"*", "escalate", "bind", "impersonate"}, word) {
					problems = append(problems, fmt.Sprintf("role %s: %q", strings.TrimPrefix(role, "/"), word))
				}
			}
			if slices.Contains(rule.APIGroups, rbacv1.GroupName) {
				problems = append(problems, fmt.Sprintf("role %s: may change RBAC", strings.TrimPrefix(role, "/")))
			}
		}
	}
	return problems
}

// checkNamespaces holds that every namespace with an app in it is closed and bounded.
func checkNamespaces(e *Environment) []string {
	var problems []string
	declared := map[string]*corev1.Namespace{}
	if tenants := e.sync("tenants"); tenants != nil {
		for _, namespace := range all[*corev1.Namespace](tenants.Objects) {
			declared[namespace.Name] = namespace
		}
	}
	objects := e.Objects()
	inUse := map[string]bool{}
	for _, s := range e.Syncs {
		for _, object := range s.Objects {
			if s.isApp() {
				inUse[object.Raw.GetNamespace()] = true
			}
		}
	}
	for name := range inUse {
		wrong := func(what string) { problems = append(problems, fmt.Sprintf("namespace %q: %s", name, what)) }
		namespace, ok := declared[name]
		if !ok {
			wrong("not in tenants")
			continue
		}
		if namespace.Labels[tenantLabel] == "" {
			wrong("no label " + tenantLabel + ", so the image policy does not apply")
		}
		if namespace.Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
			wrong("does not enforce the restricted Pod Security standard")
		}
		if !slices.ContainsFunc(all[*networkingv1.NetworkPolicy](objects), func(p *networkingv1.NetworkPolicy) bool {
			return p.Namespace == name && deniesAll(p)
		}) {
			wrong("no default-deny NetworkPolicy")
		}
		if !slices.ContainsFunc(all[*corev1.ResourceQuota](objects), func(q *corev1.ResourceQuota) bool { return q.Namespace == name }) {
			wrong("no ResourceQuota")
		}
		if !slices.ContainsFunc(all[*corev1.LimitRange](objects), func(l *corev1.LimitRange) bool { return l.Namespace == name }) {
			wrong("no LimitRange")
		}
	}
	return problems
}

const tenantLabel = "toolkit.fluxcd.io/tenant"

func deniesAll(p *networkingv1.NetworkPolicy) bool {
	return len(p.Spec.PodSelector.MatchLabels)+len(p.Spec.PodSelector.MatchExpressions) == 0 &&
		len(p.Spec.Ingress)+len(p.Spec.Egress) == 0 &&
		slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress) &&
		slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
}
