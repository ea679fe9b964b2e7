package incluster

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

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
		if one.Target.Kind != "Deployment" {
			wrong("set target.kind: Deployment", "its target is the %q, want a Deployment", one.Target.Kind)
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
