package manifests

import (
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"
)

// checkForgotten finds YAML files that no build has read and no opt-in, a
// component that nobody uses yet, would read. Call it after all builds.
func (t *Tree) checkForgotten(r *report) {
	listed := map[string]bool{}
	for _, at := range t.yamlFiles() {
		if kustomization, ok := t.kustomization(at); ok && kustomization.Kind == types.ComponentKind && !t.read[at] {
			t.list(at, kustomization, listed, r)
		}
	}
	for _, orphan := range t.Orphans() {
		if !listed[orphan] {
			r.add("forgotten", file(orphan), "list it in the kustomization.yaml of its folder, or remove it", "no cluster reads this file")
		}
	}
}

func (t *Tree) kustomization(at string) (types.Kustomization, bool) {
	var k types.Kustomization
	if !strings.HasPrefix(path.Base(at), "kustomization.") {
		return k, false
	}
	return k, yaml.Unmarshal([]byte(t.Files[at]), &k) == nil
}

// list notes what an unused component would read, and decodes its objects.
func (t *Tree) list(at string, k types.Kustomization, listed map[string]bool, r *report) {
	listed[at] = true
	if err := yaml.UnmarshalStrict([]byte(t.Files[at]), &k); err != nil {
		r.add("build", file(at), "mend the kustomization", "%v", err)
	}
	for _, name := range slices.Concat(k.Resources, k.Components) {
		name = path.Join(path.Dir(at), name)
		if _, ok := t.Files[name]; !ok {
			r.add("build", file(at), "name a file that there is", "lists %s, which does not exist", name)
			continue
		}
		listed[name] = true
		for _, text := range documentsOf(t.Files[name]) {
			if strings.TrimSpace(text) == "" {
				continue
			}
			if _, err := Decode([]byte(text)); err != nil {
				r.add("build", file(name), "mend the object", "%v", err)
			}
		}
	}
	for _, patch := range k.Patches {
		listed[path.Join(path.Dir(at), patch.Path)] = true
	}
}
