package rules

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gatetest"
)

// tested is the day of the tests: the tables say other things as time goes by.
func tested() time.Time { return day("2026-11-23") }

// fault is one mistake in a good assembly, and the finding that it must lead to.
type fault struct {
	// rule that must find it.
	rule string
	// on is the variant, default for none, and after a colon a part of the path
	// of the resource to edit.
	on string
	// kind is the type of the resource to edit.
	kind string
	// edit makes the mistake.
	edit edit
	// says is part of the problem's text.
	says string
	// at is the resource that is named when it is not the edited one: its type,
	// and after a colon a part of its path.
	at string
}

type edit func(t *testing.T, r *assembly.Resource)

// faults are those of all subjects.
var faults = slices.Concat(
	clusterFaults, accessFaults, computeFaults, versionFaults, networkFaults, gatewayFaults, doorFaults,
	storageFaults, alertFaults, buildFaults, pipelineFaults, eventFaults, functionFaults, roleFaults, textFaults, orderFaults,
)

func TestFaultsAreFound(t *testing.T) {
	for _, f := range faults {
		t.Run(f.rule+"/"+f.says, func(t *testing.T) {
			variant, part, _ := strings.Cut(f.on, ":")
			a := gatetest.Synth(t, cmp.Or(variant, "default"))
			r := pick(t, a, f.kind, part)
			named := r
			if f.at != "" {
				named = pick(t, a, typeOf(f.at), partOf(f.at))
			}
			f.edit(t, r)
			found := findings(a, f.rule, tested())
			require.NotEmpty(t, found, "the fault is not found")
			require.True(t, slices.ContainsFunc(found, func(got finding.Finding) bool {
				return got.Stack == named.Stack.ID && got.LogicalID == named.LogicalID && got.Path == named.Path && strings.Contains(got.Problem, f.says) &&
					got.Fix != "" && got.Severity == finding.Error && got.Rule == f.rule
			}), "want %s/%s, %q, got %+v", named.Stack.ID, named.LogicalID, f.says, found)
		})
	}
}

func TestEveryRuleHasAFault(t *testing.T) {
	seen := map[string]bool{"table-age": true, "secret-parameter": true} // have tests of their own
	for _, f := range faults {
		seen[f.rule] = true
	}
	for _, r := range all {
		require.True(t, seen[r.id], "no fault shows that the rule %s can fail", r.id)
	}
}

func TestRulesAreNamedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range all {
		require.False(t, seen[r.id], r.id)
		seen[r.id] = true
	}
}

func TestVariantsHaveNoFinding(t *testing.T) {
	for _, variant := range gatetest.Variants(t) {
		t.Run(variant, func(t *testing.T) {
			require.Empty(t, gatetest.Run(t, newAt(tested), gatetest.Synth(t, variant)))
		})
	}
}

// findings are those of one rule.
func findings(a *assembly.Assembly, id string, today time.Time) []finding.Finding {
	v := &review{assembly: a, today: today, rule: id}
	for _, r := range all {
		if r.id == id {
			r.check(v)
		}
	}
	return v.findings
}

var colonPart = regexp.MustCompile(`^(\w+(?:::[\w-]+)+)(?::(.*))?$`)

func typeOf(text string) string { return colonPart.FindStringSubmatch(text)[1] }
func partOf(text string) string { return colonPart.FindStringSubmatch(text)[2] }

// pick is the first resource of the type whose path contains part.
func pick(t *testing.T, a *assembly.Assembly, kind, part string) *assembly.Resource {
	t.Helper()
	for _, r := range a.All(kind) {
		if strings.Contains(r.Path, part) {
			return r
		}
	}
	require.Fail(t, "no such resource", "%s at %q", kind, part)
	return nil
}

// set gives the property at the path, such as Stages.1.Actions.0.Name, a value;
// nil removes it.
func set(path string, value any) edit {
	return func(t *testing.T, r *assembly.Resource) {
		t.Helper()
		if r.Properties == nil {
			r.Properties = map[string]any{}
		}
		steps := strings.Split(path, ".")
		place(t, r.Properties, steps, value)
	}
}

func place(t *testing.T, in any, steps []string, value any) {
	t.Helper()
	switch in := in.(type) {
	case map[string]any:
		if len(steps) == 1 {
			if value == nil {
				require.Contains(t, in, steps[0])
				delete(in, steps[0])
			} else {
				in[steps[0]] = value
			}
			return
		}
		if in[steps[0]] == nil {
			in[steps[0]] = map[string]any{}
		}
		place(t, in[steps[0]], steps[1:], value)
	case []any:
		i, err := strconv.Atoi(steps[0])
		require.NoError(t, err)
		if len(steps) == 1 {
			in[i] = value
			return
		}
		place(t, in[i], steps[1:], value)
	default:
		require.Fail(t, "no such path", "%v in %T", steps, in)
	}
}

// body gives the resource itself, beside its properties, a value; nil removes it.
func body(key string, value any) edit {
	return func(t *testing.T, r *assembly.Resource) {
		t.Helper()
		place(t, r.Body, []string{key}, value)
	}
}

// drop removes the resource.
func drop(_ *testing.T, r *assembly.Resource) { delete(r.Stack.Resources, r.LogicalID) }

// loose removes what the resource depends on outright.
func loose(_ *testing.T, r *assembly.Resource) { r.DependsOn = nil }

// replaced changes a text within a property.
func replaced(path, from, to string) edit {
	return func(t *testing.T, r *assembly.Resource) {
		t.Helper()
		var steps []any
		for _, step := range strings.Split(path, ".") {
			if i, err := strconv.Atoi(step); err == nil {
				steps = append(steps, i)
			} else {
				steps = append(steps, step)
			}
		}
		text, ok := r.Get(steps...).(string)
		require.True(t, ok, "no text at %s", path)
		require.Contains(t, text, from)
		set(path, strings.ReplaceAll(text, from, to))(t, r)
	}
}

// twin copies the resource; the copy is before it in the order of logical ids.
func twin(_ *testing.T, r *assembly.Resource) {
	other := *r
	other.LogicalID = "0" + r.LogicalID
	r.Stack.Resources[other.LogicalID] = &other
}

// become makes the resource one of another type.
func become(kind string) edit {
	return func(_ *testing.T, r *assembly.Resource) { r.Type = kind }
}

// both makes two edits.
func both(first, second edit) edit {
	return func(t *testing.T, r *assembly.Resource) {
		t.Helper()
		first(t, r)
		second(t, r)
	}
}

func ref(id string) map[string]any { return map[string]any{"Ref": id} }
func attribute(id, name string) map[string]any {
	return map[string]any{"Fn::GetAtt": []any{id, name}}
}

// refTo points the property at another resource of the stack.
func refTo(path, kind, part, attributeName string) edit {
	return func(t *testing.T, r *assembly.Resource) {
		t.Helper()
		for _, other := range r.Stack.All(kind) {
			if strings.Contains(other.Path, part) && other != r {
				value := ref(other.LogicalID)
				if attributeName != "" {
					value = attribute(other.LogicalID, attributeName)
				}
				set(path, value)(t, r)
				return
			}
		}
		require.Fail(t, "no such resource", "%s at %q", kind, part)
	}
}
