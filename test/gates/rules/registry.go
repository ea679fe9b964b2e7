package rules

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// registryRules are about ECR repositories.
var registryRules = []rule{
	{"ecr-lifecycle", each(lifecycle, "AWS::ECR::Repository")},
	{"ecr-tag-exclusion", each(tagExclusion, "AWS::ECR::Repository")},
	{"ecr-deletion", each(emptyOnDelete, "AWS::ECR::Repository")},
	{"ecr-readers", each(readers, "AWS::ECR::Repository")},
	{"ecr-writers", each(writers, "AWS::ECR::Repository")},
}

// lifecycleRule as ECR documents it.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
type lifecycleRule struct {
	Priority  int `json:"rulePriority"`
	Selection struct {
		TagStatus    string   `json:"tagStatus"`
		TagPrefixes  []string `json:"tagPrefixList"`
		TagPatterns  []string `json:"tagPatternList"`
		StorageClass string   `json:"storageClass"`
		CountType    string   `json:"countType"`
		CountNumber  int      `json:"countNumber"`
		CountUnit    string   `json:"countUnit"`
	} `json:"selection"`
	Action struct {
		Type string `json:"type"`
	} `json:"action"`
	Description string `json:"description"`
}

// releaseTag is the shape of the tags that the pipeline gives: by time.
const releaseTag = "20260102T030405Z-0123456"

func lifecycle(v *review, r *assembly.Resource) {
	text := v.text(r.Stack, r.Get("LifecyclePolicy", "LifecyclePolicyText"))
	if text == "" {
		v.wrong(r, "set LifecyclePolicy", "the repository has no lifecycle policy: images pile up for ever [ECR.3]")
		return
	}
	var policy struct {
		Rules []lifecycleRule `json:"rules"`
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&policy); err != nil {
		v.wrong(r, "write JSON as ECR documents it", "LifecyclePolicyText is no lifecycle policy: %v", err)
		return
	}
	if decoder.More() {
		v.wrong(r, "write JSON as ECR documents it", "LifecyclePolicyText has more after its end")
	}
	if len(policy.Rules) == 0 {
		v.wrong(r, "add a rule", "LifecyclePolicyText has no rules")
	}
	v.countsReleases(r, policy.Rules)
	priorities := map[int]bool{}
	for _, one := range policy.Rules {
		if priorities[one.Priority] || one.Priority < 1 {
			v.wrong(r, "number the rules from 1", "the lifecycle rule %q has the priority %d, want one of its own, from 1", one.Description, one.Priority)
		}
		priorities[one.Priority] = true
		v.lifecycleRule(r, one, policy.Rules)
	}
}

// countsReleases wants a rule for tagged images, where there is one, to be for the
// tags that the pipeline gives: otherwise they pile up, though a number is asked for.
func (v *review) countsReleases(r *assembly.Resource, all []lifecycleRule) {
	if !slices.ContainsFunc(all, func(one lifecycleRule) bool { return one.Selection.TagStatus != "untagged" }) {
		return
	}
	if !slices.ContainsFunc(all, func(one lifecycleRule) bool {
		s := one.Selection
		return s.TagStatus == "any" || slices.ContainsFunc(s.TagPrefixes, func(prefix string) bool { return strings.HasPrefix(releaseTag, prefix) }) ||
			slices.ContainsFunc(s.TagPatterns, func(pattern string) bool { ok, err := path.Match(pattern, releaseTag); return ok && err == nil })
	}) {
		v.wrong(r, "name the prefix of release tags, \"2\"", "no lifecycle rule is for releases, with tags such as %s: they pile up for ever", releaseTag)
	}
}

func (v *review) lifecycleRule(r *assembly.Resource, one lifecycleRule, all []lifecycleRule) {
	s := one.Selection
	tagged := len(s.TagPrefixes)+len(s.TagPatterns) > 0
	switch {
	case one.Action.Type != "expire" && one.Action.Type != "transition":
		v.wrong(r, "set action.type to expire", "the lifecycle rule %d has the action %s", one.Priority, shown(one.Action.Type))
	case !slices.Contains([]string{"tagged", "untagged", "any"}, s.TagStatus):
		v.wrong(r, "use tagged, untagged or any", "the lifecycle rule %d has the tagStatus %s", one.Priority, shown(s.TagStatus))
	case s.TagStatus == "tagged" && !tagged:
		v.wrong(r, "set tagPrefixList or tagPatternList", "the lifecycle rule %d is for tagged images and names no tags, ECR refuses that", one.Priority)
	case s.TagStatus != "tagged" && tagged:
		v.wrong(r, "set tagStatus to tagged", "the lifecycle rule %d names tags, but is for %s images", one.Priority, s.TagStatus)
	case !slices.Contains([]string{"imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"}, s.CountType):
		v.wrong(r, "use imageCountMoreThan or sinceImagePushed", "the lifecycle rule %d has the countType %s", one.Priority, shown(s.CountType))
	case s.CountNumber < 1:
		v.wrong(r, "use 1 or more", "the lifecycle rule %d has the countNumber %d, ECR takes 1 or more", one.Priority, s.CountNumber)
	case s.CountType != "imageCountMoreThan" && s.CountUnit != "days":
		v.wrong(r, "set countUnit to days", "the lifecycle rule %d counts time and has the countUnit %s", one.Priority, shown(s.CountUnit))
	case s.CountType == "imageCountMoreThan" && s.CountUnit != "":
		v.wrong(r, "remove countUnit", "the lifecycle rule %d counts images and has a countUnit, ECR refuses that", one.Priority)
	case s.TagStatus == "any" && slices.ContainsFunc(all, func(other lifecycleRule) bool { return other.Priority > one.Priority }):
		v.wrong(r, "give it the highest rulePriority", "the lifecycle rule %d is for any image, and is not the last: those after it do nothing", one.Priority)
	case s.TagStatus != "untagged" && s.CountType != "imageCountMoreThan":
		v.wrong(r, "keep a number of releases: countType imageCountMoreThan", "the lifecycle rule %d removes releases by age: without new ones, the image that runs goes", one.Priority)
	}
	for _, prefix := range s.TagPrefixes {
		if prefix == "" || len(prefix) > 1 && strings.HasPrefix("cache", prefix) {
			v.wrong(r, "name the prefix of release tags", "the lifecycle rule %d has the tag prefix %q", one.Priority, prefix)
		}
	}
}

// tagExclusion wants no release tag to be movable.
func tagExclusion(v *review, r *assembly.Resource) {
	filters := assembly.List(r.Get("ImageTagMutabilityExclusionFilters"))
	mode := v.text(r.Stack, r.Get("ImageTagMutability"))
	if (mode == "IMMUTABLE_WITH_EXCLUSION") != (len(filters) > 0) {
		v.wrong(r, "set both or neither", "ImageTagMutability is %s with %d exclusion filters", shown(mode), len(filters))
	}
	for _, filter := range filters {
		pattern := v.text(r.Stack, at(filter, "ImageTagMutabilityExclusionFilterValue"))
		if kind := v.text(r.Stack, at(filter, "ImageTagMutabilityExclusionFilterType")); kind != "WILDCARD" {
			v.wrong(r, "set ImageTagMutabilityExclusionFilterType to WILDCARD", "an exclusion is of the type %s, ECR takes WILDCARD", shown(kind))
		}
		if ok, err := path.Match(pattern, releaseTag); err != nil || ok || pattern == "" {
			v.wrong(r, "exclude the build cache's tags alone, cache*", "the exclusion %s takes releases in: a tag in Git could come to mean another image", shown(pattern))
		}
	}
}

// emptyOnDelete wants a repository that goes with its stack to go with its
// images, and one that stays to keep them.
func emptyOnDelete(v *review, r *assembly.Resource) {
	removes, empties := r.Body["DeletionPolicy"] == "Delete", isTrue(r.Get("EmptyOnDelete"))
	switch {
	case removes && !empties:
		v.wrong(r, "set EmptyOnDelete to true", "the repository is deleted with the stack, but not emptied: the deletion fails")
	case !removes && empties:
		v.wrong(r, "set EmptyOnDelete to false", "the repository is retained, but EmptyOnDelete is set")
	}
}

// readers wants the accounts of the clusters to be let in to pull.
func readers(v *review, r *assembly.Resource) {
	for _, cluster := range v.assembly.All("AWS::EKS::Cluster") {
		account := cluster.Stack.Account
		if account == "" || account == r.Stack.Account || r.Stack.Account == "" {
			continue
		}
		allowed := slices.ContainsFunc(statementsIn(r.Get("RepositoryPolicyText")), func(statement any) bool {
			return v.allows(statement, "ecr:BatchGetImage") && v.allows(statement, "ecr:GetDownloadUrlForLayer") &&
				slices.ContainsFunc(v.texts(r.Stack, at(statement, "Principal", "AWS")), func(p string) bool { return strings.Contains(p, account) })
		})
		if !allowed {
			v.wrong(r, "allow ecr:BatchGetImage and ecr:GetDownloadUrlForLayer to arn:aws:iam::"+account+":root",
				"the cluster %s is in the account %s, which may not pull from the repository", v.text(cluster.Stack, cluster.Get("Name")), account)
		}
	}
}

// reading are the actions that a repository's policy may allow: whoever writes
// images does so by its role's policy, in the repository's account.
var reading = []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:DescribeImageScanFindings", "ecr:DescribeRepositories", "ecr:GetDownloadUrlForLayer", "ecr:ListImages", "ecr:ListTagsForResource"}

// writers wants none among those whom the repository's policy lets in.
func writers(v *review, r *assembly.Resource) {
	for _, statement := range statementsIn(r.Get("RepositoryPolicyText")) {
		if at(statement, "Effect") != "Allow" {
			continue
		}
		for _, action := range v.texts(r.Stack, at(statement, "Action")) {
			if !slices.Contains(reading, action) {
				v.wrong(r, "allow reading alone, such as ecr:BatchGetImage", "its policy allows %s to %v: an image could come from elsewhere than the pipeline",
					shown(action), v.texts(r.Stack, at(statement, "Principal", "AWS")))
			}
		}
	}
}
