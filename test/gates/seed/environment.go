package seed

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/finding"
	"gitops-eks/test/manifests"
)

// noter adds a finding about an object of the seed.
type noter func(rule string, object manifests.Object, problem, fix string)

// checkEnvironment holds what the API server and the controllers refuse, or
// take in silence, though it decodes. The findings of two clusters about one
// file are one.
func checkEnvironment(tree *manifests.Tree, clusters []manifests.Cluster, about reporter) []finding.Finding {
	var found []finding.Finding
	note := func(rule string, object manifests.Object, problem, fix string) {
		f := about(rule, strings.Join(object.Files, ", "), object.ID()+": "+problem, fix)
		if !slices.Contains(found, f) {
			found = append(found, f)
		}
	}
	for _, cluster := range clusters {
		environment, _ := tree.Load(cluster) // What cannot be built is reported by the review.
		for _, check := range []func(*manifests.Environment, noter){
			checkValues, checkExpressions, checkRollouts, checkRoles, checkSubjects, checkDenials, checkLimits, checkClasses, checkFolders,
		} {
			check(environment, note)
		}
	}
	return append(found, checkPatches(tree, about)...)
}
