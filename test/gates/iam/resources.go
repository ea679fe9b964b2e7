package iam

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/finding"
)

const arnParts = 6

var (
	arnPartition = regexp.MustCompile(`^(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc|\*)$`)
	arnRegion    = regexp.MustCompile(`^(|\*|(af|ap|ca|cn|eu|eusc|il|me|mx|sa|us|us-gov|us-iso|us-isob)-(central|de-east|east|north|northeast|northwest|south|southeast|southwest|west)-\d)$`)
	arnAccount   = regexp.MustCompile(`^(|\*|aws|\d{12})$`)
	variable     = regexp.MustCompile(`\$\{[^}]*\}`)
)

// placement finds ARNs that AWS could not read, or that no resource has.
func placement(_ review, d document, s statement) (found []finding.Finding) {
	for _, arn := range slices.Concat(s.resources, s.notResources) {
		if arn == "*" {
			continue
		}
		parts := strings.SplitN(arn, ":", arnParts)
		problem := ""
		switch {
		case len(parts) < arnParts || parts[0] != "arn":
			problem = "want arn:partition:service:region:account:resource, or *"
		case !arnPartition.MatchString(parts[1]):
			problem = fmt.Sprintf("the partition %q is none, such as aws", parts[1])
		case parts[2] == "" || parts[2] == "*":
			problem = "the service is missing"
		case !arnRegion.MatchString(parts[3]):
			problem = fmt.Sprintf("the Region %q is none, such as eu-central-1", parts[3])
		case !arnAccount.MatchString(parts[4]):
			problem = fmt.Sprintf("the account %q is none, want 12 digits", parts[4])
		case parts[5] == "":
			problem = "the resource is missing"
		}
		if problem != "" {
			found = append(found, about(d, s, "malformed-arn", fmt.Sprintf("the resource %q: %s", arn, problem), "write the ARN as the service authorization reference has it")...)
		}
	}
	return found
}

// reach finds actions that can act on none of the statement's resources, and
// resources that none of its actions can act on: either way nothing is allowed,
// or denied.
func reach(r review, d document, s statement) (found []finding.Finding) {
	if len(s.resources) == 0 || slices.Contains(s.resources, "*") || len(s.actions) == 0 {
		return nil
	}
	touched := map[string]bool{}
	whole := false
	for _, pattern := range s.actions {
		if strings.HasSuffix(pattern, "*") && len(r.facts.Actions[pattern].Matches) == 0 {
			whole = true // a service as a whole
			continue
		}
		works, formats := false, []string{}
		for _, action := range r.facts.Actions[pattern].Matches {
			formats = append(formats, action.Resources...)
		}
		for _, arn := range s.resources {
			if slices.ContainsFunc(formats, func(format string) bool { return fits(arn, format) }) {
				works, touched[arn] = true, true
			}
		}
		if !works && len(r.facts.Actions[pattern].Matches) > 0 {
			problem, fix := fmt.Sprintf("%s acts on %s, but the resources are %s", pattern, join(formats), join(s.resources)), "name a resource of the action's type"
			if len(formats) == 0 {
				problem, fix = fmt.Sprintf("%s knows no resource, but the resources are %s", pattern, join(s.resources)), "allow it on * in a statement of its own"
			}
			found = append(found, about(d, s, "wrong-resource", problem, fix)...)
		}
	}
	for _, arn := range s.resources {
		if !touched[arn] && !whole && len(found) == 0 {
			found = append(found, about(d, s, "wrong-resource", fmt.Sprintf("none of %s acts on %s", join(s.actions), arn), "remove the resource, or name one of the actions' type")...)
		}
	}
	return found
}

// renamed services have resources that actions of both names act on.
// https://docs.aws.amazon.com/dtconsole/latest/userguide/rename.html
var renamed = strings.NewReplacer(":codestar-connections:", ":codeconnections:")

// fits says whether an ARN, which may be a pattern, can be of the format.
func fits(arn, format string) bool {
	given, want := strings.SplitN(renamed.Replace(arn), ":", arnParts), strings.SplitN(renamed.Replace(format), ":", arnParts)
	if len(given) < arnParts || len(want) < arnParts {
		return false
	}
	if want[2] == "s3" && !strings.Contains(want[5], "/") && strings.Contains(given[5], "/") {
		return false // a bucket's name has no slash: this is an object
	}
	for i := range want {
		if !meet(given[i], variable.ReplaceAllString(want[i], "*")) {
			return false
		}
	}
	return true
}

func join(all []string) string {
	all = slices.Compact(slices.Sorted(slices.Values(all)))
	return strings.Join(all, ", ")
}

// ownResource finds policies of a resource that speak of another one.
func ownResource(r review, d document) (found []finding.Finding) {
	var own []string
	here := resolver{r.assembly, d.owner.Stack}
	switch d.owner.Type {
	case "AWS::S3::BucketPolicy":
		arn := here.anyARN("s3:::" + here.text(d.owner.Get("Bucket")))
		own = []string{arn, arn + "/*"}
	case "AWS::SNS::TopicPolicy":
		own = texts(here.resolve(d.owner.Get("Topics")))
	default:
		return nil
	}
	for _, s := range d.statements {
		for _, arn := range s.resources {
			if !slices.ContainsFunc(own, func(mine string) bool { return meet(mine, arn) }) {
				found = append(found, about(d, s, "other-resource", fmt.Sprintf("the policy belongs to %s, but speaks of %s", own[0], arn), "name the resource that the policy belongs to")...)
			}
		}
	}
	return found
}
