package validate

import (
	"fmt"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// attachments finds what is made and used by nothing: AWS takes it, and what
// it was for does not work.
func attachments(a *assembly.Assembly) (found []finding.Finding) {
	for _, r := range a.All("AWS::IAM::Policy") {
		if len(assembly.List(r.Get("Roles")))+len(assembly.List(r.Get("Users")))+len(assembly.List(r.Get("Groups"))) == 0 {
			found = append(found, at(r, "attached-to-nothing", "the policy belongs to no role, user or group", "set Roles"))
		}
	}
	return found
}

// tags finds a key that is given twice, which AWS refuses.
func tags(a *assembly.Assembly) (found []finding.Finding) {
	for _, r := range a.All() {
		seen := map[any]bool{}
		for _, tag := range assembly.List(r.Get("Tags")) {
			object, _ := tag.(map[string]any)
			key, ok := object["Key"].(string)
			if ok && seen[key] {
				found = append(found, at(r, "duplicate-tag", fmt.Sprintf("Tags has the key %q twice", key), "keep one of the tags"))
			}
			seen[key] = true
		}
	}
	return found
}
