package manifests

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	reflectorv1 "github.com/fluxcd/image-reflector-controller/api/v1"
)

// tagPattern is the form of the pipeline's tags, and of the placeholder.
var tagPattern = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{7}$`)

// newest picks from tags as image-reflector-controller does: filter, extract, sort,
// and back to the tag. Its own code is internal.
func newest(policy *reflectorv1.ImagePolicy, tags []string) (string, error) {
	filter, order := policy.Spec.FilterTags, policy.Spec.Policy.Alphabetical
	if filter == nil || order == nil {
		return "", fmt.Errorf("ImagePolicy %s: not a filter with alphabetical order", policy.Name)
	}
	pattern, err := regexp.Compile(filter.Pattern)
	if err != nil {
		return "", err
	}
	original := map[string]string{}
	var keys []string
	for _, tag := range tags {
		match := pattern.FindStringSubmatchIndex(tag)
		if match == nil {
			continue
		}
		key := string(pattern.ExpandString(nil, filter.Extract, tag, match))
		original[key] = tag
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return "", fmt.Errorf("no tag matches")
	}
	slices.Sort(keys)
	if strings.EqualFold(order.Order, "desc") {
		return original[keys[0]], nil
	}
	return original[keys[len(keys)-1]], nil
}
