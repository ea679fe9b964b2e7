// Package mutation measures the gates: it seeds the faults that people make into
// a platform without any, one at a time, and asks whether the gate that is meant
// to find each does, and names the right place.
package mutation

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gatetest"
)

// fault is something that a person could do wrong.
type fault struct {
	// name says what was done.
	name string
	// gate that must find it.
	gate string
	// variant of the platform that it is seeded into. Default: "default".
	variant string
	// at is the resource or the file that is edited.
	at place
	// says are the places of which the finding must name one. Default: at.
	says []place
	// edits make it.
	edits []edit
	// beside changes what is beside the resource: outputs, conditions, other
	// resources.
	beside func(template map[string]any)
	// survives says why no gate finds it; empty where one must.
	survives string
}

// place is a resource, by stack, type and a part of its construct's path; what
// is declared outside the resources, by stack and name; or a file of the config
// repository's seed.
type place struct{ stack, kind, path, file string }

func at(stack, kind, path string) place { return place{stack: stack, kind: kind, path: path} }
func file(name string) place            { return place{file: name} }

// declared is a place outside the resources, such as an output; the resource
// that the template is edited at is beside the point.
func declared(stack, name string) place { return place{stack: stack, kind: "declared", path: name} }

// edit changes the resource's body. It reports a problem when there is
// nothing to change: the fault no longer fits the platform.
type edit func(t *testing.T, body map[string]any)

// set sets a property; names lead to objects, numbers into lists.
func set(value any, path ...any) edit {
	return setIn(value, append([]any{"Properties"}, path...)...)
}

// setIn sets what is beside the properties, such as DependsOn or DeletionPolicy.
func setIn(value any, path ...any) edit {
	return func(t *testing.T, body map[string]any) {
		holder, last := walk(t, body, path)
		switch holder := holder.(type) {
		case map[string]any:
			holder[last.(string)] = value
		case []any:
			holder[last.(int)] = value
		}
	}
}

// drop removes a property, which has to be there.
func drop(path ...any) edit { return dropIn(append([]any{"Properties"}, path...)...) }

// dropIn removes what is beside the properties.
func dropIn(path ...any) edit {
	return func(t *testing.T, body map[string]any) {
		holder, last := walk(t, body, path)
		object, ok := holder.(map[string]any)
		require.True(t, ok, "%v is not in an object", path)
		require.Contains(t, object, last)
		delete(object, last.(string))
	}
}

// add appends to a list.
func add(value any, path ...any) edit {
	return func(t *testing.T, body map[string]any) {
		holder, last := walk(t, body, append([]any{"Properties"}, path...))
		object := holder.(map[string]any)
		list, ok := object[last.(string)].([]any)
		require.True(t, ok, "%v is not a list", path)
		object[last.(string)] = append(list, value)
	}
}

// swap replaces old by new in every text below a property.
func swap(old, replacement string, path ...any) edit {
	return func(t *testing.T, body map[string]any) {
		holder, last := walk(t, body, append([]any{"Properties"}, path...))
		var found int
		replaced := swapIn(get(holder, last), old, replacement, &found)
		require.NotZero(t, found, "%q is not in %v", old, path)
		switch holder := holder.(type) {
		case map[string]any:
			holder[last.(string)] = replaced
		case []any:
			holder[last.(int)] = replaced
		}
	}
}

func swapIn(value any, old, replacement string, found *int) any {
	switch value := value.(type) {
	case string:
		*found += strings.Count(value, old)
		return strings.ReplaceAll(value, old, replacement)
	case []any:
		for i, item := range value {
			value[i] = swapIn(item, old, replacement, found)
		}
	case map[string]any:
		for key, item := range value {
			value[key] = swapIn(item, old, replacement, found)
		}
	}
	return value
}

// walk finds what holds the last step of a path.
func walk(t *testing.T, from any, path []any) (holder, last any) {
	t.Helper()
	for _, step := range path[:len(path)-1] {
		from = get(from, step)
		require.NotNil(t, from, "no %v in %v", step, path)
	}
	return from, path[len(path)-1]
}

func get(from, step any) any {
	switch step := step.(type) {
	case string:
		object, _ := from.(map[string]any)
		return object[step]
	case int:
		if list, _ := from.([]any); step < len(list) {
			return list[step]
		}
	}
	return nil
}

// apply makes a copy of the assembly with the fault in it.
func (f fault) apply(t *testing.T, a *assembly.Assembly) *assembly.Assembly {
	t.Helper()
	if f.at.file != "" {
		return f.applyToSeed(t, a)
	}
	return gatetest.Mutated(t, a, f.at.stack, func(template map[string]any) {
		body := gatetest.Resource(t, template, f.at.kind, f.at.path)
		id := f.at.logicalID(t, a)
		for _, edit := range f.edits {
			edit(t, body)
		}
		if body["Type"] == removed {
			delete(template["Resources"].(map[string]any), id)
		}
		if f.beside != nil {
			f.beside(template)
		}
	})
}

// logicalID is the id of the resource at the place.
func (p place) logicalID(t *testing.T, a *assembly.Assembly) string {
	t.Helper()
	if p.kind == "declared" {
		return p.path
	}
	for _, r := range a.Stack(p.stack).All(p.kind) {
		if strings.Contains(r.Path, p.path) {
			return r.LogicalID
		}
	}
	require.Fail(t, "no "+p.kind+" at "+p.path)
	return ""
}

// found says whether an error names the place: the resource in its stack, or
// the file.
func (p place) found(t *testing.T, a *assembly.Assembly, findings []finding.Finding) bool {
	t.Helper()
	for _, f := range findings {
		switch {
		case f.Severity != finding.Error:
		case p.file != "" && strings.Contains(f.Where()+f.Problem, p.file):
			return true
		case p.file == "" && f.Stack == p.stack && f.LogicalID == p.logicalID(t, a):
			return true
		}
	}
	return false
}

// removed marks a resource that somebody took out.
const removed = "removed"

// gone takes the resource out of the template.
func gone(_ *testing.T, body map[string]any) { body["Type"] = removed }

// applyToSeed edits a file in a copy of the config repository's seed. The
// edits see it as the only property, "text".
func (f fault) applyToSeed(t *testing.T, a *assembly.Assembly) *assembly.Assembly {
	t.Helper()
	dir := gatetest.Copy(t, a)
	repository := a.Stack("delivery").All("AWS::CodeCommit::Repository")
	for _, r := range repository {
		key, _ := r.Get("Code", "S3", "Key").(string)
		asset := a.Asset(key)
		require.NotNil(t, asset)
		if _, err := os.Stat(filepath.Join(asset.Path, "clusters")); err != nil {
			continue // the app's
		}
		seed := filepath.Join(dir, filepath.Base(asset.Path))
		require.NoError(t, os.Remove(seed))
		require.NoError(t, os.CopyFS(seed, os.DirFS(asset.Path)))
		path := filepath.Join(seed, filepath.FromSlash(f.at.file))
		text, err := os.ReadFile(path)
		if !os.IsNotExist(err) {
			require.NoError(t, err)
		}
		body := map[string]any{"Properties": map[string]any{"text": string(text)}}
		for _, edit := range f.edits {
			edit(t, body)
		}
		require.NoError(t, os.Chmod(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(get(body["Properties"], "text").(string)), 0o600))
		return gatetest.Read(t, dir)
	}
	require.Fail(t, "the assembly has no config repository")
	return nil
}

// text replaces old by new in the file, once or more.
func text(old, replacement string) edit { return swap(old, replacement, "text") }

// more adds text to the file.
func more(addition string) edit {
	return func(_ *testing.T, body map[string]any) {
		properties := body["Properties"].(map[string]any)
		properties["text"] = properties["text"].(string) + addition
	}
}
