package manifests

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
)

// rulesOf are the rules of a Role or a ClusterRole.
func rulesOf(object Object) []rbacv1.PolicyRule {
	switch role := object.Typed.(type) {
	case *rbacv1.Role:
		return role.Rules
	case *rbacv1.ClusterRole:
		return role.Rules
	}
	return nil
}

// leads are resources whose use gives more rights than their name says.
var leads = []string{"nodes/proxy", "pods/exec", "pods/attach", "pods/portforward", "serviceaccounts/token", "users", "groups", "certificatesigningrequests/approval"}

func checkRule(object Object, rule rbacv1.PolicyRule, r *report) {
	about := object.subject()
	about.name = "role " + strings.TrimPrefix(object.Raw.GetNamespace()+"/"+object.Raw.GetName(), "/")
	for _, word := range slices.Concat(rule.APIGroups, rule.Resources, rule.Verbs) {
		if strings.Contains(word, "*") || slices.Contains([]string{"escalate", "bind", "impersonate"}, word) {
			r.add("rbac", about, "name the groups, resources and verbs that are needed", "%q", word)
		}
	}
	for _, resource := range rule.Resources {
		if slices.Contains(leads, resource) {
			r.add("rbac", about, "take the right away", "may use %s, which leads to more rights", resource)
		}
	}
	if slices.Contains(rule.APIGroups, rbacv1.GroupName) {
		r.add("rbac", about, "leave RBAC to tenants/", "may change RBAC")
	}
	if len(rule.NonResourceURLs) > 0 {
		r.add("rbac", about, "take the right away", "may use the URLs %s", strings.Join(rule.NonResourceURLs, ", "))
	}
}

// grantOf is the role that a binding gives, and whom.
func grantOf(object Object) (rbacv1.RoleRef, []rbacv1.Subject) {
	switch binding := object.Typed.(type) {
	case *rbacv1.RoleBinding:
		return binding.RoleRef, binding.Subjects
	case *rbacv1.ClusterRoleBinding:
		return binding.RoleRef, binding.Subjects
	}
	return rbacv1.RoleRef{}, nil
}

// checkGrants holds that bindings give roles of this repo to service accounts
// of this repo: Kubernetes' own roles, such as cluster-admin, are too wide.
func checkGrants(e *Environment, r *report) {
	roles, accounts := e.access().roles, e.serviceAccounts()
	for _, object := range e.Objects() {
		ref, subjects := grantOf(object)
		if ref.Name == "" {
			continue
		}
		key := "/" + ref.Name
		if ref.Kind == "Role" {
			key = object.Raw.GetNamespace() + key
		}
		if _, ok := roles[key]; !ok {
			r.add("rbac", object.subject(), "name a role of tenants/", "gives the %s %s, which is not in this repository", ref.Kind, ref.Name)
		}
		for _, s := range subjects {
			if s.Kind != "ServiceAccount" {
				r.add("rbac", object.subject(), "bind ServiceAccounts only; people get access by the settings admins and viewers", "gives rights to the %s %s", s.Kind, s.Name)
			} else if accounts[s.Namespace+"/"+s.Name] == "" {
				r.add("rbac", object.subject(), "name a ServiceAccount that there is", "gives rights to the ServiceAccount %s/%s, which does not exist", s.Namespace, s.Name)
			}
		}
		_, clusterwide := object.Typed.(*rbacv1.ClusterRoleBinding)
		for _, rule := range roles[key] {
			if clusterwide && slices.Contains(rule.Resources, "secrets") {
				r.add("rbac", object.subject(), "bind it by namespace", "gives the Secrets of every namespace")
			}
		}
	}
}
