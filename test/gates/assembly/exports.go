package assembly

import (
	"maps"
	"slices"
)

// ExportName is the name by which other stacks import an output, "" where it is
// not exported or where only a deployment knows the name.
func ExportName(output any) string {
	object, _ := output.(map[string]any)
	export, _ := object["Export"].(map[string]any)
	name, _ := export["Name"].(string)
	return name
}

// Exported is the value of the output that is exported by the name, and its
// stack; nil where no stack exports it.
func (a *Assembly) Exported(name string) (*Stack, any) {
	if name == "" {
		return nil, nil
	}
	for _, stack := range a.Stacks {
		outputs, _ := stack.Template["Outputs"].(map[string]any)
		for _, id := range slices.Sorted(maps.Keys(outputs)) {
			if ExportName(outputs[id]) == name {
				return stack, outputs[id].(map[string]any)["Value"]
			}
		}
	}
	return nil, nil
}
