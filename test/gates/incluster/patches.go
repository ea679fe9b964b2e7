package incluster

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// patch is one of the FluxInstance, on what the operator makes.
type patch struct {
	Target struct {
		Kind string `json:"kind"`
		Name string `json:"name"`
	} `json:"target"`
	Patch string `json:"patch"`
}

// operation is one of RFC 6902.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	From  string `json:"from,omitempty"`
	Value any    `json:"value,omitempty"`
}

// arguments are those that the controllers run with on purpose, and why.
var arguments = []struct{ controller, argument, why string }{
	{"kustomize-controller", "--requeue-dependency=2s", "each step of a dependsOn chain would take up to 30 seconds"},
	{"helm-controller", "--requeue-dependency=2s", "each step of a dependsOn chain would take up to 30 seconds"},
	{"kustomize-controller", "--feature-gates=CancelHealthCheckOnNewRevision=true", "a commit that mends an app would wait for the broken one to time out"},
}

// checkPatches holds that each patch can be applied to something, and that the
// controllers get their arguments.
func (r *review) checkPatches(p *part, controllers []string, patches []patch) {
	given := map[string]bool{}
	for i, one := range patches {
		wrong := func(fix, format string, args ...any) {
			r.add("patches", p.Resource, fix, "patch %d: %s", i+1, fmt.Sprintf(format, args...))
		}
		if one.Target.Kind == "ClusterRole" || one.Target.Kind == "ClusterRoleBinding" {
			continue // See checkNarrow.
		}
		if one.Target.Kind != "Deployment" {
			wrong("set target.kind: Deployment", "its target is the %q, want a Deployment, a ClusterRole or a ClusterRoleBinding", one.Target.Kind)
		}
		// Kustomize matches the whole name. https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/
		target, err := regexp.Compile("^(?:" + one.Target.Name + ")$")
		if err != nil {
			wrong("mend target.name", "its target %q is no regular expression: %v", one.Target.Name, err)
			continue
		}
		var operations []operation
		if err := yaml.UnmarshalStrict([]byte(one.Patch), &operations); err != nil {
			wrong("make it a list of op, path and value", "is not a JSON patch: %v", err)
			continue
		}
		for _, o := range operations {
			if !slices.Contains([]string{"add", "replace", "remove", "test"}, o.Op) || !strings.HasPrefix(o.Path, "/spec/") && !strings.HasPrefix(o.Path, "/metadata/") {
				wrong("use add, replace or remove, and a path of a Deployment", "cannot %s %s of a Deployment", o.Op, o.Path)
			}
		}
		matched := 0
		for _, controller := range controllers {
			if !target.MatchString(controller) {
				continue
			}
			matched++
			for _, o := range operations {
				if o.Op == "add" && o.Path == "/spec/template/spec/containers/0/args/-" {
					given[controller+" "+plain(o.Value)] = true
				}
			}
		}
		if matched == 0 {
			wrong("name a component in target.name", "its target %q is none of the components", one.Target.Name)
		}
	}
	for _, wanted := range arguments {
		if slices.Contains(controllers, wanted.controller) && !given[wanted.controller+" "+wanted.argument] {
			r.add("patches", p.Resource, "add a patch that adds it to its args", "%s does not run with %s: %s", wanted.controller, wanted.argument, wanted.why)
		}
	}
}

// checkNarrow holds that the patches take from the controllers what would make
// each of them an administrator: the right to make tokens and objects of Flux, and
// for helm-controller the role itself, unless the config repository uses Helm.
func (r *review) checkNarrow(p *part, patches []patch) {
	wrong := func(fix, format string, args ...any) { r.add("narrow", p.Resource, fix, format, args...) }
	found := map[string]bool{}
	for _, one := range patches {
		var operations []struct {
			Op    string `json:"op"`
			Path  string `json:"path"`
			Value any    `json:"value"`
		}
		if yaml.Unmarshal([]byte(one.Patch), &operations) != nil || len(operations) != 1 || operations[0].Op != "replace" {
			continue
		}
		text, err := yaml.Marshal(operations[0].Value)
		if err != nil {
			continue
		}
		switch {
		case one.Target.Kind == "ClusterRole" && one.Target.Name == "crd-controller" && operations[0].Path == "/rules":
			var rules []rbacv1.PolicyRule
			if err := yaml.UnmarshalStrict(text, &rules); err != nil {
				wrong("mend the patch of crd-controller", "the rules of crd-controller: %v", err)
				continue
			}
			found["ClusterRole"] = true
			for _, rule := range rules {
				for _, resource := range rule.Resources {
					if resource == "serviceaccounts/token" || slices.Contains(rule.Verbs, "impersonate") {
						wrong("take it out of the rules", "each controller of Flux may use %s as %s, and so be any other", resource, strings.Join(rule.Verbs, ", "))
					}
				}
				for _, verb := range []string{"*", "create", "delete", "deletecollection", "escalate", "bind"} {
					if slices.Contains(rule.Verbs, verb) && slices.ContainsFunc(rule.APIGroups, func(group string) bool { return strings.HasSuffix(group, ".fluxcd.io") || group == "*" }) {
						wrong("leave get, list, watch, update and patch", "each controller of Flux may %s the objects of all others", verb)
					}
				}
			}
		case one.Target.Kind == "ClusterRoleBinding" && one.Target.Name == "cluster-reconciler" && operations[0].Path == "/subjects":
			var subjects []rbacv1.Subject
			if err := yaml.UnmarshalStrict(text, &subjects); err != nil {
				wrong("mend the patch of cluster-reconciler", "the subjects of cluster-reconciler: %v", err)
				continue
			}
			found["ClusterRoleBinding"] = true
			for _, subject := range subjects {
				if subject.Kind != "ServiceAccount" || subject.Namespace != fluxNamespace || subject.Name != "kustomize-controller" && subject.Name != "helm-controller" {
					wrong("leave kustomize-controller, and helm-controller where Helm is used", "%s %s/%s is an administrator of the cluster", subject.Kind, subject.Namespace, subject.Name)
				}
			}
		}
	}
	for kind, name := range map[string]string{"ClusterRole": "crd-controller", "ClusterRoleBinding": "cluster-reconciler"} {
		if !found[kind] {
			wrong("add a patch that replaces it, as constructs/lockdown.go does", "no patch narrows the %s %s: each controller of Flux may do what all may", kind, name)
		}
	}
}
