package stacks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/review/change"
)

// weakened are the risks of an update that takes away what protects a resource
// or its data.
func weakened(d *delta) []change.Risk {
	if d.old == nil || d.head == nil {
		return nil
	}
	var said []string
	for _, policy := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
		before, now := kept(d.old.Body[policy]), kept(d.head.Body[policy])
		if before && !now {
			said = append(said, fmt.Sprintf("is no longer kept: %s is %v, was %v", policy, orNone(d.head.Body[policy]), d.old.Body[policy]))
		}
	}
	said = append(said, lowered("", unfolded(d.old.Properties), unfolded(d.head.Properties))...)
	if len(said) == 0 {
		return nil
	}
	return []change.Risk{{
		Environment: d.environment, Class: change.Loss, Name: d.name(),
		What: said[0], More: said[1:], Accept: change.AllowDeletion,
	}}
}

// kept says whether a policy leaves the data there. Without one, CloudFormation
// deletes, databases with a snapshot of their own kind excepted.
func kept(policy any) bool {
	return policy == "Retain" || policy == "RetainExceptOnCreate" || policy == "Snapshot"
}

func orNone(value any) any {
	if value == nil {
		return "not set"
	}
	return value
}

// guards are the properties that refuse or hinder a deletion while they are true.
var guards = map[string]bool{"DeletionProtection": true, "DeletionProtectionEnabled": true, "EnableDeletionProtection": true}

// empties are the properties that delete the content with the resource.
var empties = map[string]bool{"EmptyOnDelete": true}

// days are the properties that say how long, or how much, is kept.
var days = map[string]string{
	"RetentionInDays": "days of logs", "BackupRetentionPeriod": "days of backups", "PendingWindowInDays": "days in which a deletion can be taken back",
	"ExpirationInDays": "days of objects", "countNumber": "images or days of images",
}

// lowered walks both values and words every guard that is gone and every
// duration that is shorter. For a missing number everything is kept.
func lowered(path string, old, head any) []string {
	var said []string
	switch old := old.(type) {
	case map[string]any:
		next, _ := head.(map[string]any)
		for key, before := range old {
			now := next[key]
			switch {
			case guards[key] && before == true && now != true:
				said = append(said, path+key+" is off: nothing refuses a deletion")
			default:
				said = append(said, lowered(path+key+".", before, now)...)
			}
		}
		for key, now := range next {
			before, there := old[key]
			a, limited := before.(float64)
			b, limits := now.(float64)
			switch {
			case empties[key] && now == true && before != true:
				said = append(said, path+key+" is on: a deletion takes the content, too")
			case days[key] != "" && limits && (limited && b < a || !there && key == "RetentionInDays"):
				said = append(said, fmt.Sprintf("%s%s: keeps %v %s, was %v; what is older goes", path, key, now, days[key], orNone(before)))
			}
		}
	case []any:
		next, _ := head.([]any)
		for i, item := range old {
			if i < len(next) {
				said = append(said, lowered(fmt.Sprintf("%s%d.", path, i), item, next[i])...)
			}
		}
	}
	return unique(said)
}

// disownedObjects are the risks of Kubernetes objects that an in-cluster
// resource no longer names: its handler applies, and does not prune.
func disownedObjects(d *delta) []change.Risk {
	if d.old == nil || d.head == nil || !strings.HasPrefix(d.head.Type, "Custom::AWSCDK-EKS-") {
		return nil
	}
	still := map[string]bool{}
	for _, id := range manifestObjects(d.head) {
		still[id] = true
	}
	var risks []change.Risk
	for _, id := range manifestObjects(d.old) {
		if !still[id] {
			risks = append(risks, change.Risk{
				Environment: d.environment, Class: change.Prune, Name: d.name(),
				What: id + " is no longer in the manifest, or has another name: nothing deletes it, it stays in the cluster",
			})
		}
	}
	return risks
}

// manifestObjects are the Kubernetes objects of an in-cluster resource.
func manifestObjects(r *assembly.Resource) []string { return slices.Sorted(maps.Keys(Manifest(r))) }

// Manifest are the Kubernetes objects of an in-cluster resource, by
// "Kind namespace/name"; none for another resource.
func Manifest(r *assembly.Resource) map[string]any {
	named, _ := unfolded(r.Properties["Manifest"]).(map[string]any)
	return named
}
