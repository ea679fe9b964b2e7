package validate

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gatetest"
)

type object = map[string]any

// fault is one mistake in a template, and the finding that it must give.
type fault struct {
	name, stack string
	// kind and path find the resource that edit gets.
	kind, path string
	edit       func(body object, r *assembly.Resource)
	rule, says string
}

// look runs the rules that need no tool.
func look(a *assembly.Assembly) (found []finding.Finding) {
	for _, rule := range rules {
		found = append(found, rule(a)...)
	}
	return found
}

// resource is the first of the kind by logical id whose path has the part.
func resource(t *testing.T, a *assembly.Assembly, stack, kind, part string) *assembly.Resource {
	t.Helper()
	for _, r := range a.Stack(stack).All(kind) {
		if strings.Contains(r.Path, part) {
			return r
		}
	}
	require.FailNow(t, "no such resource", "%s at %q in %s", kind, part, stack)
	return nil
}

// refresh makes what is read from a resource's body new after an edit.
func refresh(r *assembly.Resource) {
	r.Type, _ = r.Body["Type"].(string)
	r.Properties, _ = r.Body["Properties"].(object)
}

func (f fault) test(t *testing.T) {
	a := gatetest.Synth(t, "default")
	r := resource(t, a, f.stack, f.kind, f.path)
	f.edit(r.Body, r)
	refresh(r)
	requireFinding(t, look(a), f.rule, f.stack, r.LogicalID, f.says)
}

func requireFinding(t *testing.T, found []finding.Finding, rule, stack, id, says string) {
	t.Helper()
	i := slices.IndexFunc(found, func(f finding.Finding) bool {
		return f.Rule == rule && f.Stack == stack && f.LogicalID == id && strings.Contains(f.Problem, says)
	})
	require.GreaterOrEqual(t, i, 0, "no %s at %s/%s that says %q in %+v", rule, stack, id, says, found)
	require.Equal(t, finding.Error, found[i].Severity)
	require.NotEmpty(t, found[i].Fix)
}

func properties(body object) object { return body["Properties"].(object) }

func idOf(t *testing.T, r *assembly.Resource, kind string) string {
	t.Helper()
	all := r.Stack.All(kind)
	require.NotEmpty(t, all)
	return all[0].LogicalID
}

func set(names ...any) func(object, *assembly.Resource) {
	return func(body object, _ *assembly.Resource) {
		var at any = properties(body)
		for _, step := range names[:len(names)-2] {
			switch step := step.(type) {
			case string:
				at = at.(object)[step]
			case int:
				at = at.([]any)[step]
			}
		}
		at.(object)[names[len(names)-2].(string)] = names[len(names)-1]
	}
}

func remove(names ...string) func(object, *assembly.Resource) {
	return func(body object, _ *assembly.Resource) {
		for _, name := range names {
			delete(properties(body), name)
		}
	}
}

// newEngine is AWS's, loaded once for all tests of a function.
func newEngine(t *testing.T) *engine {
	t.Helper()
	e := new(engine).in(gatetest.Root())
	t.Cleanup(func() { require.NoError(t, e.worker.Close()) })
	return e
}
