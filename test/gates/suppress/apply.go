package suppress

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
)

// Name is that of the result with stale entries.
const Name = "suppress"

// Use is a resource glob of an entry that took a finding out.
type Use struct{ Entry, Resource int }

// Apply moves the findings that are accepted to the results' suppressed ones,
// and adds a result with the entries that are stale in this assembly. Used are
// the globs that took out any finding.
func (l List) Apply(a *assembly.Assembly, results []gate.Result) (all []gate.Result, used map[Use]bool) {
	used = map[Use]bool{}
	fired := map[string]bool{} // the entry's index and the construct's path
	open := map[string]bool{}  // the gate and the construct's path
	for _, result := range results {
		var left []finding.Finding
		for _, f := range result.Findings {
			i, j := l.match(a, f)
			if i < 0 {
				left = append(left, f)
				open[key(f.Gate, f.Path)] = true
				continue
			}
			used[Use{i, j}] = true
			fired[key(i, f.Path)] = true
			result.Suppressed = append(result.Suppressed, gate.Suppressed{Finding: f, Reason: l.Entries[i].Reason})
		}
		result.Findings = left
		all = append(all, result)
	}
	stale := gate.Result{Gate: Name}
	for i, e := range l.Entries {
		if e.When == "" && looked(results, e.Gate) {
			stale.Findings = append(stale.Findings, l.stale(a, i, func(construct string) bool {
				// What else the gate finds there comes first: it may be the cause.
				return fired[key(i, construct)] || open[key(e.Gate, construct)]
			})...)
		}
	}
	return append(all, stale), used
}

// stale is a finding for each resource that the entry matches for nothing.
func (l List) stale(a *assembly.Assembly, i int, needed func(construct string) bool) []finding.Finding {
	var found []finding.Finding
	e := l.Entries[i]
	for _, r := range a.All() {
		if e.resource(r.Path) < 0 || !e.with(r) || needed(r.Path) {
			continue
		}
		found = append(found, finding.Finding{
			Gate: Name, Rule: "stale", Severity: finding.Error,
			Stack: r.Stack.ID, LogicalID: r.LogicalID, Path: r.Path,
			Problem: fmt.Sprintf("%s:%d accepts %s of the gate %s here, which does not find it any more",
				l.File, e.Line, strings.Join(e.Rule, ", "), e.Gate),
			Fix: "if the resource is right, remove the entry, or make its glob narrower; if only some settings have it, say so in the entry's when",
		})
	}
	return found
}

func key(of any, construct string) string { return fmt.Sprint(of, " ", construct) }

// looked says whether the gate has looked at everything.
func looked(results []gate.Result, name string) bool {
	return slices.ContainsFunc(results, func(r gate.Result) bool { return r.Gate == name && r.Err == nil })
}

// match is the entry for the finding and its glob; -1 when there is none.
func (l List) match(a *assembly.Assembly, f finding.Finding) (entry, glob int) {
	for i, e := range l.Entries {
		if e.Gate != f.Gate || !slices.ContainsFunc(e.Rule, func(rule string) bool { return same(rule, f.Rule) }) {
			continue
		}
		var r *assembly.Resource
		if stack := a.Stack(f.Stack); stack != nil {
			r = stack.Resources[f.LogicalID]
		}
		if j := e.resource(f.Path); j >= 0 && e.with(r) {
			return i, j
		}
	}
	return -1, -1
}

// resource is the first glob for the construct's path, or -1.
func (e Entry) resource(construct string) int {
	return slices.IndexFunc(e.Resource, func(glob string) bool {
		matched, err := path.Match(glob, construct)
		return matched && err == nil && construct != ""
	})
}

func (e Entry) with(r *assembly.Resource) bool {
	if e.With == "" {
		return true
	}
	if r == nil {
		return false
	}
	var steps []any
	for _, step := range strings.Split(e.With, ".") {
		steps = append(steps, step)
	}
	return r.Get(steps...) != nil
}

// same compares rules; <*> is any one reference, <name> a name of the settings.
func same(pattern, rule string) bool {
	if !strings.Contains(pattern, "<*>") && !strings.Contains(pattern, "<name>") {
		return pattern == rule
	}
	expression := strings.NewReplacer(regexp.QuoteMeta("<*>"), "<[^<>]+>", "<name>", "[a-z0-9-]+").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^" + expression + "$").MatchString(rule)
}

// Unused are the globs that took out nothing in any of the runs: mistakes, or
// left over. Each names file and line.
func (l List) Unused(used map[Use]bool) error {
	var unused []error
	for i, e := range l.Entries {
		for j, glob := range e.Resource {
			if !used[Use{i, j}] {
				unused = append(unused, fmt.Errorf("%s:%d: %s takes no finding out anywhere, remove it", l.File, e.Line, glob))
			}
		}
	}
	return errors.Join(unused...)
}
