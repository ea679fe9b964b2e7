package iam

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gatetest"
	"gitops-eks/test/gates/node"
)

type object = map[string]any

// fault is one mistake in a variant's template, and the finding it must give:
// at the resource that it is in, unless other names another one.
type fault struct {
	name, variant, stack string
	// kind and path find the resource that edit gets the properties of.
	kind, path string
	edit       func(p object, r *assembly.Resource)
	rule, says string
	other      string // path of the resource that the finding names
}

type asker func(*assembly.Assembly) []finding.Finding

// newAsker reviews policies and, when all, what comes of them together, with
// one process for all questions.
func newAsker(t *testing.T, all bool) asker {
	t.Helper()
	worker := &node.Worker{Script: filepath.Join(gatetest.Root(), "test", "gates", "node", "iam.mjs")}
	t.Cleanup(func() { require.NoError(t, worker.Close()) })
	return func(a *assembly.Assembly) []finding.Finding {
		if all {
			found, err := look(t.Context(), worker, a)
			require.NoError(t, err)
			return found
		}
		_, found, err := read(t.Context(), worker, a)
		require.NoError(t, err)
		return found
	}
}

func (f fault) test(t *testing.T, ask asker) {
	a := gatetest.Synth(t, f.variant)
	r := pick(t, a, f.stack, f.kind, f.path)
	f.edit(r.Properties, r)
	if f.other != "" {
		r = pick(t, a, f.stack, "", f.other)
	}
	requireFinding(t, ask(a), f.rule, r, f.says)
}

func pick(t *testing.T, a *assembly.Assembly, stack, kind, path string) *assembly.Resource {
	t.Helper()
	require.NotNil(t, a.Stack(stack), stack)
	for _, r := range a.Stack(stack).All() {
		if (kind == "" || r.Type == kind) && strings.Contains(r.Path, path) {
			return r
		}
	}
	require.FailNow(t, "no such resource", "%s at %q in %s", kind, path, stack)
	return nil
}

func requireFinding(t *testing.T, found []finding.Finding, rule string, r *assembly.Resource, says string) {
	t.Helper()
	i := slices.IndexFunc(found, func(f finding.Finding) bool {
		return f.Rule == rule && f.Stack == r.Stack.ID && f.LogicalID == r.LogicalID && strings.Contains(f.Problem, says)
	})
	require.GreaterOrEqual(t, i, 0, "no %s at %s/%s that says %q in %+v", rule, r.Stack.ID, r.LogicalID, says, found)
	require.Equal(t, finding.Error, found[i].Severity)
	require.NotEmpty(t, found[i].Fix)
}

// Nothing is said of what the program makes.
func TestVariantsHaveNoFinding(t *testing.T) {
	ask := newAsker(t, true)
	for _, variant := range gatetest.Variants(t) {
		t.Run(variant, func(t *testing.T) { require.Empty(t, ask(gatetest.Synth(t, variant))) })
	}
}

func statementOf(p object, i int) object {
	for _, key := range []string{"PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy"} {
		if document, ok := p[key].(object); ok {
			return document["Statement"].([]any)[i].(object)
		}
	}
	panic("no policy")
}

// change sets an element of the statement.
func change(i int, element string, value any) func(object, *assembly.Resource) {
	return func(p object, _ *assembly.Resource) { statementOf(p, i)[element] = value }
}

// grantTo adds a statement to the policy.
func grantTo(statement object) func(object, *assembly.Resource) {
	return func(p object, _ *assembly.Resource) {
		for _, key := range []string{"PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy"} {
			if document, ok := p[key].(object); ok {
				document["Statement"] = append(document["Statement"].([]any), statement)
			}
		}
	}
}

func allow(action, on any) object { return object{"Effect": "Allow", "Action": action, "Resource": on} }
