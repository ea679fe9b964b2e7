package guard

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// failure is a place in a template that a rule does not like.
type failure struct {
	resource, property string
	// value that is there; nil when the property is missing.
	value any
}

// broken is one finding for each resource that fails the control.
func broken(stack *assembly.Stack, c control, checks []any) []finding.Finding {
	all := map[string][]failure{}
	for _, f := range failures(checks, nil) {
		all[f.resource] = append(all[f.resource], f)
	}
	looked := maps.Clone(all)
	maps.DeleteFunc(looked, func(id string, _ []failure) bool {
		r := stack.Resources[id]
		return r == nil || !slices.Contains(c.Types, r.Type)
	})
	if len(looked) == 0 { // cfn-guard names none that the control is about
		looked = all
	}
	if len(looked) == 0 {
		looked[""] = nil
	}
	var found []finding.Finding
	for _, id := range slices.Sorted(maps.Keys(looked)) {
		detail, words := describe(looked[id])
		f := finding.Finding{
			Rule: c.ID + detail, Stack: stack.ID, LogicalID: id,
			Problem: fmt.Sprintf("%s; AWS Control Tower's control %s is not met: %s", words, c.ID, c.Title), Fix: c.Remedy,
		}
		if r := stack.Resources[id]; r != nil {
			f.Path = r.Path
		}
		found = append(found, f)
	}
	return found
}

// describe sums up the failures of one resource: what they have in common.
func describe(of []failure) (detail, words string) {
	if len(of) == 0 {
		return "", "the template as a whole"
	}
	property, same := of[0].property, true
	for _, f := range of[1:] {
		same = same && f.property == property
		property = common(property, f.property)
	}
	property = unnumbered(property)
	if property == "" {
		return "", "the resource"
	}
	// A value that a property was looked for in is a map.
	values := slices.DeleteFunc(slices.Clone(of), func(f failure) bool { return f.value == nil })
	switch {
	case same && len(values) == 0:
		return "[" + property + " is missing]", property + " is missing"
	case same && scalar(values[0].value):
		words = fmt.Sprintf("%s=%v", property, values[0].value)
		return "[" + words + "]", words
	}
	return "[" + property + "]", property
}

func scalar(value any) bool {
	switch value.(type) {
	case string, bool, float64:
		return true
	}
	return false
}

// common is the longest path that both properties are below or at.
func common(a, b string) string {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < min(len(x), len(y)) && x[n] == y[n] {
		n++
	}
	return strings.Join(x[:n], "/")
}

// unnumbered cuts the positions in lists off the end: they are not names.
func unnumbered(property string) string {
	for {
		at := strings.LastIndex(property, "/")
		if _, err := strconv.Atoi(property[at+1:]); at < 0 || err != nil {
			return property
		}
		property = property[:at]
	}
}

// failures collects the places in cfn-guard's answer, whose shape depends on
// how a rule is written. What is below "to" is what a value was compared with.
func failures(node any, found []failure) []failure {
	switch node := node.(type) {
	case []any:
		for _, item := range node {
			found = failures(item, found)
		}
	case map[string]any:
		if missing, ok := node["traversed_to"].(map[string]any); ok {
			query, _ := node["remaining_query"].(string)
			return add(found, missing, query)
		}
		if _, ok := node["path"].(string); ok {
			return add(found, node, "")
		}
		for _, key := range slices.Sorted(maps.Keys(node)) {
			if key != "to" {
				found = failures(node[key], found)
			}
		}
	}
	return found
}

func add(found []failure, at map[string]any, query string) []failure {
	path, _ := at["path"].(string)
	parts := strings.SplitN(path, "/", 5) // "", Resources, the logical id, Properties, the property
	if len(parts) < 3 || parts[1] != "Resources" {
		return found
	}
	f := failure{resource: parts[2]}
	if len(parts) == 5 {
		f.property = parts[4]
	}
	if query == "" {
		f.value = at["value"]
		return append(found, f)
	}
	f.property = strings.Trim(f.property+"/"+strings.ReplaceAll(query, ".", "/"), "/")
	return append(found, f)
}
