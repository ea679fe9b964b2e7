package incluster

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gatetest"
)

func TestNoFalseAlarm(t *testing.T) {
	for _, variant := range gatetest.Variants(t) {
		t.Run(variant, func(t *testing.T) {
			require.Empty(t, gatetest.Run(t, New(), gatetest.Synth(t, variant)))
		})
	}
}

// fault is one mistake in the resource whose construct path ends with path.
type fault struct {
	name, variant string
	path          string
	edit          func(*testing.T, *assembly.Resource)
	rule, want    string
	// at is the path of the resource that the finding names; by default the edited one.
	at string
}

func find(t *testing.T, a *assembly.Assembly, path string) *assembly.Resource {
	t.Helper()
	for _, r := range a.All() {
		if r.Path == path {
			return r
		}
	}
	require.Fail(t, "no resource at "+path)
	return nil
}

func run(t *testing.T, faults []fault) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			if f.variant == "" {
				f.variant = "default"
			}
			a := gatetest.Read(t, gatetest.Synth(t, f.variant).Dir)
			edited := find(t, a, f.path)
			f.edit(t, edited)
			at := edited
			if f.at != "" {
				at = find(t, a, f.at)
			}
			requireFinding(t, Check(a), f, at)
		})
	}
}

func requireFinding(t *testing.T, found []finding.Finding, f fault, at *assembly.Resource) {
	t.Helper()
	var lines []string
	for _, one := range found {
		if one.Rule == f.rule && one.Stack == at.Stack.ID && one.LogicalID == at.LogicalID && strings.Contains(one.Problem, f.want) {
			require.NotEmpty(t, one.Fix)
			return
		}
		lines = append(lines, one.Rule+" "+one.Where()+" "+one.Problem)
	}
	require.Fail(t, "no finding "+f.rule+" of "+at.LogicalID+" with "+f.want, strings.Join(lines, "\n"))
}

// set sets a property, or removes it with nil.
func set(name string, value any) func(*testing.T, *assembly.Resource) {
	return func(_ *testing.T, r *assembly.Resource) {
		if value == nil {
			delete(r.Properties, name)
			return
		}
		r.Properties[name] = value
	}
}

// replace replaces a text, wherever it stands in the property.
func replace(name, old, to string) func(*testing.T, *assembly.Resource) {
	return func(t *testing.T, r *assembly.Resource) {
		done := false
		var walk func(any) any
		walk = func(value any) any {
			switch value := value.(type) {
			case string:
				done = done || strings.Contains(value, old)
				return strings.ReplaceAll(value, old, to)
			case []any:
				for i := range value {
					value[i] = walk(value[i])
				}
			case map[string]any:
				for key := range value {
					value[key] = walk(value[key])
				}
			}
			return value
		}
		r.Properties[name] = walk(r.Properties[name])
		require.True(t, done, "the edit no longer fits: %s", old)
	}
}

func manifest(old, to string) func(*testing.T, *assembly.Resource) {
	return replace("Manifest", old, to)
}

func values(old, to string) func(*testing.T, *assembly.Resource) { return replace("Values", old, to) }

// alone takes away everything that the resource waits for.
func alone(_ *testing.T, r *assembly.Resource) { r.DependsOn = nil }

// gone takes the resource out of its stack.
func gone(_ *testing.T, r *assembly.Resource) { delete(r.Stack.Resources, r.LogicalID) }
