package flux

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// enforce is the label of a namespace's Pod Security level.
const enforce = "pod-security.kubernetes.io/enforce"

// barriers are the kinds that refuse something; without one, more is allowed.
var barriers = map[string]string{
	"NetworkPolicy":                    "traffic that it refused is let through",
	"ValidatingAdmissionPolicy":        "objects that it refused are admitted",
	"ValidatingAdmissionPolicyBinding": "objects that its policy refused are admitted",
	"ResourceQuota":                    "its namespace has no limit any more",
}

// closed says what the removal of an object opens; empty for nothing.
func closed(object map[string]any) string {
	if what := barriers[kindOf(object)]; what != "" {
		return "is removed: " + what
	}
	return ""
}

// opened says what an object opens that is new (old is nil) or changed.
func opened(old, head map[string]any) []string {
	switch kindOf(head) {
	case "Role", "ClusterRole":
		return widerRules(old, head)
	case "RoleBinding", "ClusterRoleBinding":
		return widerBinding(old, head)
	case "NetworkPolicy", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding":
		if old != nil && text(old, "spec") != text(head, "spec") {
			return []string{"what it refuses has changed: see the difference"}
		}
	case "Namespace":
		before, now := label(old, enforce), label(head, enforce)
		if old != nil && levels[now] < levels[before] {
			return []string{fmt.Sprintf("its Pod Security level is %q, was %q", now, before)}
		}
	case "Ingress", "Gateway", "HTTPRoute":
		if old == nil || text(old, "spec", "rules") != text(head, "spec", "rules") {
			return []string{"makes a service reachable from outside of the cluster"}
		}
	case "Service":
		kind, _, _ := unstructured.NestedString(head, "spec", "type")
		if (kind == "LoadBalancer" || kind == "NodePort") && (old == nil || text(old, "spec", "type") != text(head, "spec", "type")) {
			return []string{"makes a service reachable from outside of the cluster: " + kind}
		}
	case "Kustomization", "HelmRelease":
		before, _, _ := unstructured.NestedString(old, "spec", "serviceAccountName")
		now, _, _ := unstructured.NestedString(head, "spec", "serviceAccountName")
		if old != nil && before != now {
			return []string{fmt.Sprintf("acts as the account %q, was %q", now, before)}
		}
	}
	return nil
}

// levels of Pod Security, the strictest highest; without one all is allowed.
var levels = map[string]int{"": 0, "privileged": 0, "baseline": 1, "restricted": 2}

func kindOf(object map[string]any) string {
	return (&unstructured.Unstructured{Object: object}).GetKind()
}

func label(object map[string]any, name string) string {
	return (&unstructured.Unstructured{Object: object}).GetLabels()[name]
}

// text is a field as JSON, to compare.
func text(object map[string]any, path ...string) string {
	value, _, _ := unstructured.NestedFieldNoCopy(object, path...)
	said, _ := json.Marshal(value)
	return string(said)
}

// policyRule is the part of an RBAC rule that a comparison needs.
type policyRule struct {
	APIGroups       []string `json:"apiGroups"`
	Resources       []string `json:"resources"`
	ResourceNames   []string `json:"resourceNames"`
	NonResourceURLs []string `json:"nonResourceURLs"`
	Verbs           []string `json:"verbs"`
}

// covers says whether the rule gives all that the other one does.
func (r policyRule) covers(o policyRule) bool {
	return contains(r.APIGroups, o.APIGroups) && contains(r.Resources, o.Resources) && contains(r.Verbs, o.Verbs) &&
		contains(r.NonResourceURLs, o.NonResourceURLs) &&
		(len(r.ResourceNames) == 0 || len(o.ResourceNames) > 0 && contains(r.ResourceNames, o.ResourceNames))
}

func contains(outer, inner []string) bool {
	return slices.Contains(outer, "*") || !slices.ContainsFunc(inner, func(s string) bool { return !slices.Contains(outer, s) })
}

func rules(object map[string]any) []policyRule {
	var read []policyRule
	_ = json.Unmarshal([]byte(text(object, "rules")), &read) // the API server refuses what is none
	return read
}

func widerRules(old, head map[string]any) []string {
	before := rules(old)
	var said []string
	for _, now := range rules(head) {
		limitless := slices.Contains(now.Verbs, "*") || slices.Contains(now.Resources, "*")
		if old == nil && !limitless || slices.ContainsFunc(before, func(r policyRule) bool { return r.covers(now) }) {
			continue
		}
		said = append(said, fmt.Sprintf("may %s %s", strings.Join(now.Verbs, ", "), strings.Join(append(now.Resources, now.NonResourceURLs...), ", ")))
	}
	return said
}

func widerBinding(old, head map[string]any) []string {
	role, _, _ := unstructured.NestedString(head, "roleRef", "name")
	if old == nil {
		if role == "cluster-admin" || role == "admin" {
			return []string{"gives the role " + role}
		}
		return nil
	}
	var said []string
	if text(old, "roleRef") != text(head, "roleRef") {
		said = append(said, "gives another role: "+role)
	}
	before := text(old, "subjects")
	subjects, _, _ := unstructured.NestedSlice(head, "subjects")
	for _, subject := range subjects {
		if one, _ := json.Marshal(subject); !strings.Contains(before, string(one)) {
			object, _ := subject.(map[string]any)
			said = append(said, fmt.Sprintf("gives the role %s to the %v %v", role, object["kind"], object["name"]))
		}
	}
	return said
}
