package suppress

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
)

const entry = `
# a comment
- gate: guard
  rule: R[x]
  resource: "*-cluster/Cluster/Role"
  reason: EKS asks for this policy.
`

func parse(t *testing.T, text string) List {
	t.Helper()
	list, err := Parse([]byte(text), "s.yaml", []string{"guard", "nag"})
	require.NoError(t, err)
	return list
}

func TestMistakesAreReportedAtOnce(t *testing.T) {
	_, err := Parse([]byte(`
- gate: gard
  rule: R
  resource: "*"
  reason: because
- gate: nag
  when: now
`), "s.yaml", []string{"guard", "nag"})
	require.EqualError(t, err, `s.yaml:2: gate: got "gard", want one of guard, nag
s.yaml:2: resource: got "*", want a glob for stack/construct path
s.yaml:2: reason: got "because", want a sentence that says why this is right
s.yaml:6: rule: is missing, want the rule of a finding in full
s.yaml:6: resource: is missing, want a glob for stack/construct path
s.yaml:6: reason: got "", want a sentence that says why this is right
s.yaml:6: when: got "now", want a sentence that says with which settings the rule fires`)
}

func TestUnknownKeysAreMistakes(t *testing.T) {
	_, err := Parse([]byte(entry+"  ruel: R\n"), "s.yaml", []string{"guard"})
	require.ErrorContains(t, err, "line 7: field ruel not found")
}

func TestAnEmptyFileIsNone(t *testing.T) {
	require.Empty(t, parse(t, "# nothing yet\n").Entries)
}

// two has a resource with the path in each of the stacks dev-cluster and prod-cluster.
func two(path string) *assembly.Assembly {
	a := &assembly.Assembly{}
	for _, id := range []string{"dev-cluster", "prod-cluster"} {
		stack := &assembly.Stack{ID: id, Resources: map[string]*assembly.Resource{}}
		stack.Resources["Role1"] = &assembly.Resource{Stack: stack, LogicalID: "Role1", Path: id + path}
		a.Stacks = append(a.Stacks, stack)
	}
	return a
}

// on is a finding of guard on the resource in the stack.
func on(stack, rule, path string) finding.Finding {
	return finding.Finding{Gate: "guard", Rule: rule, Severity: finding.Error, Stack: stack, LogicalID: "Role1", Path: stack + path}
}

func apply(t *testing.T, text string, a *assembly.Assembly, found ...finding.Finding) (guard, stale gate.Result) {
	t.Helper()
	results, _ := parse(t, text).Apply(a, []gate.Result{{Gate: "guard", Findings: found}})
	require.Len(t, results, 2)
	return results[0], results[1]
}

func TestAnEntryTakesOutItsRuleOnItsResource(t *testing.T) {
	const path = "/Cluster/Role"
	both := []finding.Finding{on("dev-cluster", "R[x]", path), on("prod-cluster", "R[x]", path)}
	guard, stale := apply(t, entry, two(path), both...)
	require.Empty(t, guard.Findings)
	require.Len(t, guard.Suppressed, 2)
	require.Equal(t, "EKS asks for this policy.", guard.Suppressed[0].Reason)
	require.Equal(t, both[1], guard.Suppressed[1].Finding)
	require.Empty(t, stale.Findings)
	require.False(t, gate.Failed([]gate.Result{guard, stale}))
}

func TestAnEntryTakesOutNothingElse(t *testing.T) {
	for name, other := range map[string]finding.Finding{
		"another detail":   on("dev-cluster", "R[y]", "/Cluster/Role"),
		"a longer rule":    on("dev-cluster", "R[x][z]", "/Cluster/Role"),
		"another resource": on("dev-cluster", "R[x]", "/Cluster/Other"),
		"a deeper one":     on("dev-cluster", "R[x]", "/Cluster/Role/Resource"),
		"another stack":    on("dev-network", "R[x]", "/Cluster/Role"),
		"a template without paths": {
			Gate: "guard", Rule: "R[x]", Stack: "dev-cluster", LogicalID: "Role1"},
	} {
		t.Run(name, func(t *testing.T) {
			guard, _ := apply(t, entry, two("/Other"), other)
			require.Equal(t, []finding.Finding{other}, guard.Findings)
			require.Empty(t, guard.Suppressed)
		})
	}
	nag := on("dev-cluster", "R[x]", "/Cluster/Role")
	nag.Gate = "nag"
	results, _ := parse(t, entry).Apply(two("/Other"), []gate.Result{{Gate: "nag", Findings: []finding.Finding{nag}}})
	require.Len(t, results[0].Findings, 1, "another gate")
}

func TestAReferenceInARule(t *testing.T) {
	require.True(t, same("R[arn:<*>:logs/<*>:*]", "R[arn:<AWS::Partition>:logs/<Build1>:*]"))
	require.False(t, same("R[arn:<*>:logs/<*>:*]", "R[arn:<AWS::Partition>:logs/*:*]"), "a wildcard is no reference")
	require.False(t, same("R[<*>]", "R[<A>/<B>]"), "one reference is not two")
	require.False(t, same("R[*]", "R[x]"), "a * is no wildcard")
}

func TestAStaleEntryIsAFinding(t *testing.T) {
	const path = "/Cluster/Role"
	_, stale := apply(t, entry, two(path), on("dev-cluster", "R[x]", path))
	require.Len(t, stale.Findings, 1, "it fires in dev")
	f := stale.Findings[0]
	require.Equal(t, "prod-cluster/Role1 (prod-cluster/Cluster/Role)", f.Where())
	require.Equal(t, "s.yaml:3 accepts R[x] of the gate guard here, which does not find it any more", f.Problem)
	require.Contains(t, f.Fix, "remove the entry")
	require.True(t, gate.Failed([]gate.Result{stale}))
}

func TestWhatIsNotStale(t *testing.T) {
	_, stale := apply(t, entry+"  when: The setting x is y.\n", two("/Cluster/Role"))
	require.Empty(t, stale.Findings, "only some settings have it")
	_, stale = apply(t, entry, two("/Other"))
	require.Empty(t, stale.Findings, "there is no such resource")
	_, stale = apply(t, entry, two("/Cluster/Role"), on("dev-cluster", "R[y]", "/Cluster/Role"), on("prod-cluster", "load", "/Cluster/Role"))
	require.Empty(t, stale.Findings, "something else is wrong there")
	results, _ := parse(t, entry).Apply(two("/Cluster/Role"), []gate.Result{{Gate: "guard", Err: errors.New("no tool")}})
	require.Empty(t, results[1].Findings, "the gate did not look")
	require.EqualError(t, results[0].Err, "no tool")
}

func TestAnEntryWithAProperty(t *testing.T) {
	const path = "/Cluster/Role"
	a := two(path)
	a.Stacks[0].Resources["Role1"].Properties = map[string]any{"Access": map[string]any{"Cidrs": []any{"192.0.2.0/24"}}}
	guard, stale := apply(t, entry+"  with: Access.Cidrs\n", a, on("dev-cluster", "R[x]", path), on("prod-cluster", "R[x]", path))
	require.Equal(t, []finding.Finding{on("prod-cluster", "R[x]", path)}, guard.Findings)
	require.Len(t, guard.Suppressed, 1)
	require.Empty(t, stale.Findings)
}

func TestUnusedEntriesAreNamed(t *testing.T) {
	list := parse(t, `
- gate: guard
  rule: [R, S]
  resource: [dev/A, dev/B]
  reason: Nothing is to be done here.
`)
	require.NoError(t, list.Unused(map[Use]bool{{0, 0}: true, {0, 1}: true}))
	require.EqualError(t, list.Unused(map[Use]bool{{0, 0}: true}), "s.yaml:2: dev/B takes no finding out anywhere, remove it")
}
