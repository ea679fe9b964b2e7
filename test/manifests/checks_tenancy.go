package manifests

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/auth/rbac/validation"
)

// fluxAccount is the controller's own, cluster-admin account; only the root
// Kustomization tenants may use it.
const fluxAccount = "kustomize-controller"

// checkAccounts holds that whom a Kustomization impersonates outlives it. On deletion
// Flux removes all children at once; one whose account is gone orphans its objects.
func checkAccounts(e *Environment, r *report) {
	accounts := e.serviceAccounts()
	for _, s := range e.Syncs {
		account := s.Spec.ServiceAccountName
		switch {
		case account == "":
			r.add("account", s.subject(), "set serviceAccountName to an account in tenants/", "no serviceAccountName")
		case account == fluxAccount && s.Name != "tenants":
			r.add("account", s.subject(), "set serviceAccountName to an account in tenants/", "impersonates %s, which is cluster-admin", account)
		case account == fluxAccount:
		case accounts[fluxNamespace+"/"+account] != "tenants":
			about := s.subject()
			if owner := e.sync(accounts[fluxNamespace+"/"+account]); owner != nil {
				about.files = append(slices.Clone(about.files), owner.Files...)
			}
			r.add("account", about, "put the ServiceAccount into tenants/, in the namespace "+fluxNamespace, "its ServiceAccount %s is not in tenants, which is deleted last", account)
		}
	}
	for _, s := range e.Syncs {
		if s.Name == "tenants" {
			continue
		}
		for _, object := range s.Objects {
			if object.Raw.GroupVersionKind().Group == rbacv1.GroupName {
				r.add("rbac", object.subject(), "move it into tenants/", "in %s; RBAC belongs to tenants, which is deleted last", s.Name)
			}
		}
	}
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
func checkRights(e *Environment, r *report) {
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
				about := s.subject()
				about.files = slices.Concat(e.roleFiles(account), about.files, object.Files)
				r.add("rights", about, "grant it in tenants/, or take the object out",
					"%s may not %s %s for %s", account, missing[0].Verbs[0], missing[0].Resources[0], object.ID())
			}
		}
	}
	for _, account := range []string{"platform-reconciler", "infrastructure-reconciler"} {
		for _, rule := range a.all(account) {
			for _, resource := range rule.Resources {
				one := []rbacv1.PolicyRule{{APIGroups: rule.APIGroups, Resources: []string{resource}, Verbs: []string{"create"}}}
				// Not every environment has image automation; the account is the same everywhere.
				if slices.Equal(rule.APIGroups, []string{"image.toolkit.fluxcd.io"}) && !e.Automatic {
					continue
				}
				if ok, _ := validation.Covers(used[account], one); !ok {
					r.add("rights", subject{account, e.roleFiles(account)}, "take the right away", "may create %s, which it never applies", resource)
				}
			}
		}
	}
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
func checkTenants(e *Environment, r *report) {
	a := e.access()
	for _, s := range e.Syncs {
		if !s.isApp() {
			continue
		}
		account := s.Spec.ServiceAccountName
		for _, binding := range a.clusterwide {
			if names(binding.Subjects, account) {
				r.add("tenant", e.tenant(account, "ClusterRoleBinding", binding), "bind it in the tenant's namespace only", "ClusterRoleBinding %s", binding.Name)
			}
		}
		for _, binding := range a.bindings {
			if names(binding.Subjects, account) && binding.Namespace != account {
				r.add("tenant", e.tenant(account, "RoleBinding", binding), "bind it in the tenant's namespace only", "RoleBinding %s in namespace %s", binding.Name, binding.Namespace)
			}
		}
		for _, other := range e.Syncs {
			if other.Name != s.Name && other.Spec.ServiceAccountName == account {
				r.add("tenant", subject{"tenant " + account, other.Files}, "give each Kustomization an account of its own", "its account is used by Kustomization %s", other.Name)
			}
		}
	}
	for _, object := range e.Objects() {
		for _, rule := range rulesOf(object) {
			checkRule(object, rule, r)
		}
	}
}

func (e *Environment) tenant(account, kind string, binding metav1.Object) subject {
	return subject{"tenant " + account, e.about(kind, binding).files}
}

// roleFiles are the files with the roles and bindings of an account.
func (e *Environment) roleFiles(account string) []string {
	var files []string
	for _, object := range e.Objects() {
		_, subjects := grantOf(object)
		if names(subjects, account) {
			files = append(files, object.Files...)
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// checkNamespaces holds that every namespace with an app in it is closed and bounded.
func checkNamespaces(e *Environment, r *report) {
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
		namespace, ok := declared[name]
		about := subject{name: fmt.Sprintf("namespace %q", name)}
		wrong := func(rule, fix, what string) { r.add(rule, about, fix, "%s", what) }
		if !ok {
			about.files = []string{"tenants/" + name + "/kustomization.yaml"}
			wrong("namespace", "declare it in tenants/"+name, "not in tenants")
			continue
		}
		about.files = e.about("Namespace", namespace).files
		if namespace.Labels[tenantLabel] == "" {
			wrong("namespace", "add the label "+tenantLabel, "no label "+tenantLabel+", so the image policy does not apply")
		}
		if namespace.Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
			wrong("pod-security", "set pod-security.kubernetes.io/enforce: restricted", "does not enforce the restricted Pod Security standard")
		}
		if !slices.ContainsFunc(all[*networkingv1.NetworkPolicy](objects), func(p *networkingv1.NetworkPolicy) bool {
			return p.Namespace == name && deniesAll(p)
		}) {
			about.files = append(about.files, "infrastructure/policies/kustomization.yaml")
			wrong("network-policy", "add a NetworkPolicy with podSelector: {} and both policyTypes", "no default-deny NetworkPolicy")
		}
		bounds := e.bounds(name)
		if len(bounds) == 0 {
			wrong("quota", "add a ResourceQuota in tenants/"+name, "no ResourceQuota")
		}
		for _, need := range e.needed(name) {
			if len(bounds) > 0 && !slices.ContainsFunc(need, func(one corev1.ResourceName) bool { return bounds[one] }) {
				about.files = append(about.files, "tenants/"+name+"/limits.yaml")
				wrong("quota", fmt.Sprintf("add %s to spec.hard of the ResourceQuota", need[0]), fmt.Sprintf("no ResourceQuota bounds %s", need[0]))
			}
		}
		if !slices.ContainsFunc(all[*corev1.LimitRange](objects), func(l *corev1.LimitRange) bool { return l.Namespace == name }) {
			wrong("quota", "add a LimitRange in tenants/"+name, "no LimitRange")
		}
	}
}

// bounds are the resources that the quotas of a namespace limit.
func (e *Environment) bounds(namespace string) map[corev1.ResourceName]bool {
	bounds := map[corev1.ResourceName]bool{}
	for _, quota := range all[*corev1.ResourceQuota](e.Objects()) {
		if quota.Namespace == namespace && len(quota.Spec.Scopes) == 0 && quota.Spec.ScopeSelector == nil {
			for name := range quota.Spec.Hard {
				bounds[name] = true
			}
		}
	}
	return bounds
}

// needed are the resources that a tenant shares with others: storage, and the
// number of each kind that its account may create, by one of its names in a quota.
func (e *Environment) needed(namespace string) [][]corev1.ResourceName {
	needed := [][]corev1.ResourceName{
		{corev1.ResourcePods}, {corev1.ResourceRequestsStorage, "storage"},
		{corev1.ResourceRequestsEphemeralStorage, corev1.ResourceEphemeralStorage}, {corev1.ResourceLimitsEphemeralStorage},
	}
	a := e.access()
	for _, s := range e.Syncs {
		if !s.isApp() {
			continue
		}
		for _, rule := range a.rules(s.Spec.ServiceAccountName, namespace) {
			if !slices.Contains(rule.Verbs, "create") {
				continue
			}
			for _, group := range rule.APIGroups {
				for _, resource := range rule.Resources {
					count := corev1.ResourceName(strings.TrimSuffix("count/"+resource+"."+group, "."))
					if group == "" {
						needed = append(needed, []corev1.ResourceName{count, corev1.ResourceName(resource)})
					} else {
						needed = append(needed, []corev1.ResourceName{count})
					}
				}
			}
		}
	}
	return needed
}

const tenantLabel = "toolkit.fluxcd.io/tenant"

func deniesAll(p *networkingv1.NetworkPolicy) bool {
	return len(p.Spec.PodSelector.MatchLabels)+len(p.Spec.PodSelector.MatchExpressions) == 0 &&
		len(p.Spec.Ingress)+len(p.Spec.Egress) == 0 &&
		slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress) &&
		slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
}
