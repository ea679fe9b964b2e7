package stacks

import (
	"fmt"
	"strconv"
	"strings"

	"gitops-eks/test/gates/review/change"
)

// skewed is the risk of a step between versions of Kubernetes that EKS refuses.
// A version is rolled back by EKS's own API only, nodes first, and never by a template.
// https://docs.aws.amazon.com/eks/latest/userguide/rollback-cluster.html
// https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html
func skewed(d *delta) []change.Risk {
	if d.old == nil || d.head == nil || d.head.Type != "AWS::EKS::Cluster" {
		return nil
	}
	before, now := d.old.Get("Version"), d.head.Get("Version")
	from, known := minor(before)
	to, ok := minor(now)
	var why string
	switch {
	case !known || !ok || to == from || to == from+1:
		return nil
	case to > from:
		why = "EKS upgrades one minor version at a time: deploy those in between first"
	default:
		why = "a deployment rolls no cluster back. EKS does, within 7 days of the upgrade, by aws eks update-cluster-version, after node groups and " +
			"add-ons: see \"Roll Kubernetes back\" in the README, and accept this once it is done"
	}
	return []change.Risk{{
		Environment: d.environment, Class: change.Loss, Name: d.name(), Accept: change.AllowReplacement,
		What: fmt.Sprintf("Version: %v → %v: %s", before, now, why),
	}}
}

// minor takes 36 out of 1.36.
func minor(version any) (int, bool) {
	text, _ := version.(string)
	number, err := strconv.Atoi(strings.TrimPrefix(text, "1."))
	return number, err == nil
}
