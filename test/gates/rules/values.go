package rules

import (
	"maps"
	"strconv"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// intrinsic splits {"Ref": "Vpc"} into Ref and Vpc; the function is empty for
// everything else.
func intrinsic(value any) (function string, argument any) {
	object, ok := value.(map[string]any)
	if !ok || len(object) != 1 {
		return "", nil
	}
	for function, argument = range object {
		if function == "Ref" || strings.HasPrefix(function, "Fn::") {
			return function, argument
		}
	}
	return "", nil
}

// visit calls do for the value and everything in it.
func visit(value any, do func(any)) {
	do(value)
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			visit(item, do)
		}
	case map[string]any:
		for _, item := range value {
			visit(item, do)
		}
	}
}

// object takes a map; of anything else an empty one.
func object(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}

// at follows names into nested objects.
func at(value any, path ...string) any {
	for _, name := range path {
		value = object(value)[name]
	}
	return value
}

// isTrue takes true and "true": CloudFormation takes both.
func isTrue(value any) bool {
	return value == true || value == "true"
}

// conditional says whether a value is known at deployment only.
func conditional(value any) bool {
	function, _ := intrinsic(value)
	return function != ""
}

// number takes 5 and "5".
func number(value any) (float64, bool) {
	switch value := value.(type) {
	case float64:
		return value, true
	case string:
		n, err := strconv.ParseFloat(value, 64)
		return n, err == nil
	}
	return 0, false
}

// tag is the value of a resource's tag.
func tag(r *assembly.Resource, key string) (string, bool) {
	value, ok := tagsOf(r)[key]
	text, _ := value.(string)
	return text, ok
}

// tagsOf are the resource's tags, of types that list them and of types that
// name them.
func tagsOf(r *assembly.Resource) map[string]any {
	all := map[string]any{}
	for _, item := range assembly.List(r.Get("Tags")) {
		if key, ok := at(item, "Key").(string); ok {
			all[key] = at(item, "Value")
		}
	}
	maps.Copy(all, object(r.Get("Tags")))
	return all
}

// shown is a value for a message.
func shown(text string) string {
	if text == "" {
		return "nothing"
	}
	if len(text) > 120 {
		text = text[:120] + "…"
	}
	return strconv.Quote(text)
}

// one is "a", "b" or "c".
func one(of []string) string {
	quoted := make([]string, len(of))
	for i, s := range of {
		quoted[i] = strconv.Quote(s)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}

// near is the known name that a misspelt one was likely meant to be: one that is
// at most two changed, added or missing letters away. Empty for a known name.
func near(name string, known []string) string {
	best, distance := "", 3
	for _, candidate := range known {
		if d := edits(name, candidate); d < distance {
			best, distance = candidate, d
		}
	}
	if distance == 0 {
		return ""
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			above := row[j+1]
			if a[i] == b[j] {
				row[j+1] = previous
			} else {
				row[j+1] = 1 + min(previous, above, row[j])
			}
			previous = above
		}
	}
	return row[len(b)]
}
