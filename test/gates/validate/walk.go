package validate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// walk visits the value and all in it, in a steady order, with the path.
func walk(value any, path string, visit func(path string, value any)) {
	visit(path, value)
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			walk(value[key], strings.TrimPrefix(path+"."+key, "."), visit)
		}
	case []any:
		for i, item := range value {
			walk(item, fmt.Sprintf("%s[%d]", path, i), visit)
		}
	}
}

// eachPart visits the named members of every section that has values:
// resources, outputs, conditions and rules.
func eachPart(s *assembly.Stack, visit func(name string, value any)) {
	for _, section := range []string{"Resources", "Outputs", "Conditions", "Rules"} {
		members, _ := s.Template[section].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			visit(name, members[name])
		}
	}
}

// function is the name and the argument of an intrinsic function, or "".
func function(value any) (name string, argument any) {
	object, ok := value.(map[string]any)
	if !ok || len(object) != 1 {
		return "", nil
	}
	for key, argument := range object {
		if key == "Ref" || key == "Condition" || strings.HasPrefix(key, "Fn::") {
			return key, argument
		}
	}
	return "", nil
}

// last is the property's name at the end of a path of [walk].
func last(path string) string {
	path = path[strings.LastIndex(path, ".")+1:]
	name, _, _ := strings.Cut(path, "[")
	return name
}
