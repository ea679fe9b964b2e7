package validate

import (
	"fmt"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// emptyValues finds null, "", [] and {} where a value belongs: the CDK leaves
// out what is not set, so each is a value that got lost on the way. Schemas
// allow most of them.
func emptyValues(a *assembly.Assembly) (found []finding.Finding) {
	for _, r := range a.All() {
		walk(r.Properties, "", func(where string, value any) {
			if where == "" || mayBeEmpty(where) || !isEmpty(value) {
				return
			}
			found = append(found, at(r, "empty-value",
				fmt.Sprintf("%s of %s is empty (%s)", where, r.Type, describe(value)), "give it a value, or leave the property out"))
		})
	}
	return found
}

// mayBeEmpty: no delimiter, this Region, or a text between two references.
func mayBeEmpty(where string) bool {
	return strings.Contains(where, "Fn::Join") || strings.HasSuffix(where, "Fn::GetAZs")
}

func isEmpty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(value) == ""
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return false
}

func describe(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case string:
		return `""`
	case []any:
		return "[]"
	}
	return "{}"
}
