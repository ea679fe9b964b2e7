package test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// assembly is what a synthesis wrote.
type assembly struct {
	variant  string // empty when it is of no settings file
	platform *config.Platform
	dir      string
	stacks   []*template // by name
}

// template is the template of a stack.
type template struct {
	name      string
	body      map[string]any
	resources []*resource // by construct path
}

// resource is a resource of a template. Tests find it by its type and its
// construct path, never by its logical id, whose hash is nobody's intent.
type resource struct {
	id, kind, path string
	body           map[string]any
}

func readAssembly(t *testing.T, platform *config.Platform, dir string) *assembly {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.template.json"))
	require.NoError(t, err)
	a := &assembly{platform: platform, dir: dir}
	for _, file := range files {
		s := &template{name: strings.TrimSuffix(filepath.Base(file), ".template.json")}
		readJSON(t, file, &s.body)
		for id, value := range s.body["Resources"].(map[string]any) {
			body := value.(map[string]any)
			r := &resource{id: id, kind: body["Type"].(string), body: body}
			r.path, _ = dig(body, "Metadata", "aws:cdk:path").(string)
			require.NotEmpty(t, r.path, "%s has no construct path", id)
			r.path = strings.TrimPrefix(r.path, s.name+"/")
			s.resources = append(s.resources, r)
		}
		slices.SortFunc(s.resources, func(a, b *resource) int { return strings.Compare(a.path, b.path) })
		a.stacks = append(a.stacks, s)
	}
	return a
}

// manifest is the text of manifest.json.
func (a *assembly) manifest(t *testing.T) string {
	t.Helper()
	out, err := os.ReadFile(filepath.Join(a.dir, "manifest.json"))
	require.NoError(t, err)
	return string(out)
}

// dependencies are the stacks that are deployed before a stack.
func (a *assembly) dependencies(t *testing.T, name string) []string {
	t.Helper()
	var manifest struct {
		Artifacts map[string]struct {
			Dependencies []string `json:"dependencies"`
		} `json:"artifacts"`
	}
	readJSON(t, filepath.Join(a.dir, "manifest.json"), &manifest)
	require.Contains(t, manifest.Artifacts, name)
	return slices.DeleteFunc(manifest.Artifacts[name].Dependencies, func(id string) bool { return strings.HasSuffix(id, ".assets") })
}

// source is the file or folder that an asset in the bucket is made of.
func (a *assembly) source(t *testing.T, s *template, key any) string {
	t.Helper()
	var manifest struct {
		Files map[string]struct {
			Source struct {
				Path string `json:"path"`
			} `json:"source"`
		} `json:"files"`
	}
	readJSON(t, filepath.Join(a.dir, s.name+".assets.json"), &manifest)
	hash := strings.TrimSuffix(s.render(key), ".zip")
	require.Contains(t, manifest.Files, hash)
	return manifest.Files[hash].Source.Path
}

// stack gives the template of a stack.
func (a *assembly) stack(t *testing.T, name string) *template {
	t.Helper()
	for _, s := range a.stacks {
		if s.name == name {
			return s
		}
	}
	require.Fail(t, "no stack "+name)
	return nil
}

// all are the resources of a type; of all types when it is empty.
func (s *template) all(kind string) (found []*resource) {
	for _, r := range s.resources {
		if kind == "" || r.kind == kind {
			found = append(found, r)
		}
	}
	return found
}

// one is the only resource of a type.
func (s *template) one(t *testing.T, kind string) *resource {
	t.Helper()
	found := s.all(kind)
	require.Len(t, found, 1, "resources of type %s in %s", kind, s.name)
	return found[0]
}

// at is the resource of a construct path, or of the only one below it of the type.
func (s *template) at(t *testing.T, kind, path string) *resource {
	t.Helper()
	var found []*resource
	for _, r := range s.all(kind) {
		if r.path == path || strings.HasPrefix(r.path, path+"/") {
			found = append(found, r)
		}
	}
	require.Len(t, found, 1, "resources of type %s at %s in %s", kind, path, s.name)
	return found[0]
}

// byID is the resource with a logical id, as another resource refers to it.
func (s *template) byID(t *testing.T, id string) *resource {
	t.Helper()
	for _, r := range s.resources {
		if r.id == id {
			return r
		}
	}
	require.Fail(t, "no resource "+id+" in "+s.name)
	return nil
}

// get is a value below the properties; nil when it, or the resource, is not there.
func (r *resource) get(path ...any) any {
	if r == nil {
		return nil
	}
	return dig(r.body["Properties"], path...)
}

// deletion is the DeletionPolicy; CloudFormation deletes when there is none.
func (r *resource) deletion() string {
	if policy, ok := r.body["DeletionPolicy"].(string); ok {
		return policy
	}
	return "Delete"
}

// before are the paths of all resources that CloudFormation makes before this
// one, directly or not: those it depends on and those it refers to.
func (s *template) before(t *testing.T, r *resource) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	var visit func(*resource)
	visit = func(r *resource) {
		for _, id := range needs(r) {
			if i := slices.IndexFunc(s.resources, func(other *resource) bool { return other.id == id }); i >= 0 && !seen[s.resources[i].path] {
				seen[s.resources[i].path] = true
				visit(s.resources[i])
			}
		}
	}
	visit(r)
	return seen
}

// requireBefore checks that CloudFormation makes first before second, and so
// deletes second before first.
func (s *template) requireBefore(t *testing.T, first, second *resource) {
	t.Helper()
	require.NotNil(t, first)
	require.NotNil(t, second)
	require.True(t, s.before(t, second)[first.path], "%s: %s must come before %s; before it come %v", s.name, first.path, second.path, slices.Sorted(maps.Keys(s.before(t, second))))
}

// needs are the logical ids that a resource names.
func needs(r *resource) (ids []string) {
	for _, id := range list(r.body["DependsOn"]) {
		ids = append(ids, id.(string))
	}
	return append(ids, references(r.body["Properties"])...)
}

// references are the logical ids that a value refers to.
func references(value any) (ids []string) {
	walk(value, func(v any) {
		object, ok := v.(map[string]any)
		if !ok || len(object) != 1 {
			return
		}
		if id, ok := object["Ref"].(string); ok && !strings.HasPrefix(id, "AWS::") {
			ids = append(ids, id)
		}
		if attribute := list(object["Fn::GetAtt"]); len(attribute) > 0 {
			ids = append(ids, attribute[0].(string))
		}
	})
	return ids
}

// refersTo tells whether a value refers to the resource.
func refersTo(value any, r *resource) bool { return slices.Contains(references(value), r.id) }

// walk visits a value and all below it.
func walk(value any, visit func(any)) {
	visit(value)
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			walk(v[key], visit)
		}
	case []any:
		for _, item := range v {
			walk(item, visit)
		}
	}
}

// dig follows keys and indexes; nil when there is nothing.
func dig(value any, path ...any) any {
	for _, step := range path {
		switch key := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[key]
		case int:
			items := list(value)
			if key >= len(items) {
				return nil
			}
			value = items[key]
		}
	}
	return value
}

// list makes a list of a value that CloudFormation takes alone as well.
func list(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// texts are the items of a list of texts.
func texts(value any) (found []string) {
	for _, item := range list(value) {
		if s, ok := item.(string); ok {
			found = append(found, s)
		}
	}
	return found
}
