package seed

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"gitops-eks/test/manifests"
)

// resources are those that roles of the seed may name, by group. A group that is
// not here is not looked at.
var resources = map[string]string{
	"":                               "configmaps endpoints events limitranges namespaces nodes persistentvolumeclaims persistentvolumes pods podtemplates replicationcontrollers resourcequotas secrets serviceaccounts services",
	"apps":                           "controllerrevisions daemonsets deployments replicasets statefulsets",
	"autoscaling":                    "horizontalpodautoscalers",
	"batch":                          "cronjobs jobs",
	"policy":                         "poddisruptionbudgets",
	"networking.k8s.io":              "ingressclasses ingresses ipaddresses networkpolicies servicecidrs",
	"rbac.authorization.k8s.io":      "clusterrolebindings clusterroles rolebindings roles",
	"admissionregistration.k8s.io":   "mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings validatingwebhookconfigurations",
	"kustomize.toolkit.fluxcd.io":    "kustomizations",
	"helm.toolkit.fluxcd.io":         "helmreleases",
	"source.toolkit.fluxcd.io":       "buckets externalartifacts gitrepositories helmcharts helmrepositories ocirepositories",
	"notification.toolkit.fluxcd.io": "alerts providers receivers",
	"image.toolkit.fluxcd.io":        "imagepolicies imagerepositories imageupdateautomations",
}

// bounds are resources that keep a tenant in its bounds: who may change
// what a tenant deploys must not change these as well.
var bounds = map[string]string{"": "resourcequotas limitranges", "networking.k8s.io": "networkpolicies"}

// checkRoles reports roles of resources that do not exist, and those that let an
// app take its own bounds away.
func checkRoles(e *manifests.Environment, note noter) {
	for _, object := range e.Objects() {
		var rules []rbacv1.PolicyRule
		switch role := object.Typed.(type) {
		case *rbacv1.ClusterRole:
			rules = role.Rules
		case *rbacv1.Role:
			rules = role.Rules
		}
		for _, rule := range rules {
			checkNames(object, rule, note)
		}
		if deploys(rules) {
			for group, names := range bounds {
				for _, name := range strings.Fields(names) {
					if changes(rules, group, name) {
						note("rights", object, fmt.Sprintf("may change both deployments and %s: an app could take away what bounds it", name), "give "+name+" to a role that no app's account is bound to")
					}
				}
			}
		}
	}
}

func checkNames(object manifests.Object, rule rbacv1.PolicyRule, note noter) {
	for _, group := range rule.APIGroups {
		known := strings.Fields(resources[group])
		if len(known) == 0 {
			continue
		}
		for _, resource := range rule.Resources {
			name, _, _ := strings.Cut(resource, "/")
			if name != "*" && len(rule.APIGroups) == 1 && !slices.Contains(known, name) {
				note("rights", object, fmt.Sprintf("names %s, which the group %q does not have; it has %s", name, group, strings.Join(known, ", ")), "name resources in the plural, with their group")
			}
		}
	}
}

func deploys(rules []rbacv1.PolicyRule) bool { return changes(rules, "apps", "deployments") }

// changes says whether the rules allow to create, patch, update or delete.
func changes(rules []rbacv1.PolicyRule, group, resource string) bool {
	return slices.ContainsFunc(rules, func(rule rbacv1.PolicyRule) bool {
		return slices.Contains(rule.APIGroups, group) && slices.Contains(rule.Resources, resource) &&
			slices.ContainsFunc(rule.Verbs, func(verb string) bool { return !slices.Contains([]string{"get", "list", "watch"}, verb) })
	})
}

// checkSubjects reports bindings of ServiceAccounts that nobody makes. Those of
// Flux itself are the chart's.
func checkSubjects(e *manifests.Environment, note noter) {
	accounts := map[string]bool{}
	for _, object := range e.Objects() {
		if object.Raw.GetKind() == "ServiceAccount" {
			accounts[object.Raw.GetNamespace()+"/"+object.Raw.GetName()] = true
		}
	}
	for _, object := range e.Objects() {
		var subjects []rbacv1.Subject
		switch binding := object.Typed.(type) {
		case *rbacv1.ClusterRoleBinding:
			subjects = binding.Subjects
		case *rbacv1.RoleBinding:
			subjects = binding.Subjects
		}
		for _, subject := range subjects {
			if subject.Kind != rbacv1.ServiceAccountKind || strings.HasSuffix(subject.Name, "-controller") || subject.Name == "default" {
				continue
			}
			if id := subject.Namespace + "/" + subject.Name; !accounts[id] {
				note("rights", object, fmt.Sprintf("binds the ServiceAccount %s, which no file makes", id), "name a ServiceAccount that there is, with its namespace")
			}
		}
	}
}
