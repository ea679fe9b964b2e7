package iam

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/finding"
)

// wideARN is one that names no resource, such as all roles of an account.
var wideARN = regexp.MustCompile(`^arn:[^:]*:[^:]*:[^:]*:[^:]*:(\*|[a-z-]+[/:]\*)(/\*)?$`)

// breadth finds what allows more than anybody meant.
func breadth(r review, d document, s statement) (found []finding.Finding) {
	if s.effect != "Allow" {
		return nil
	}
	add := func(rule, problem, fix string) { found = append(found, about(d, s, rule, problem, fix)...) }
	if len(s.notActions) > 0 {
		add("not-action", "Allow with NotAction allows every action that AWS will ever add", "list the actions")
	}
	if len(s.notResources) > 0 {
		add("not-resource", "Allow with NotResource allows every resource but a few", "list the resources")
	}
	if s.notPrincipal {
		add("not-principal", "Allow with NotPrincipal trusts everybody but a few", "list the principals")
	}
	for _, action := range s.actions {
		// A key without its account's root is out of anybody's reach, so AWS's own
		// default is this: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
		ofKey := action == "kms:*" && d.owner.Type == "AWS::KMS::Key" && allRoot(s)
		if (action == "*" || action == "*:*" || strings.HasSuffix(action, ":*")) && !ofKey && d.kind != endpoint {
			add("wide-action", fmt.Sprintf("%q allows everything that the service can do", action), "list the actions that are needed")
		}
	}
	if d.kind != identity {
		return found
	}
	for _, action := range r.expand(s) {
		if len(action.Resources) > 0 && slices.Contains(s.resources, "*") {
			add("wide-resource", fmt.Sprintf(`%s on "*", but it acts on %s`, action.Action, join(action.Resources)), "name the resources; only actions without a resource need *")
		}
	}
	for _, arn := range s.resources {
		if wideARN.MatchString(arn) {
			add("wide-resource", fmt.Sprintf("%s is every resource of its kind", arn), "name the resources")
		}
	}
	return found
}

func allRoot(s statement) bool {
	return len(s.principals) > 0 && !slices.ContainsFunc(s.principals, func(p principal) bool {
		return p.kind != "AWS" || !strings.HasSuffix(p.value, ":root")
	})
}

// escalating are actions with which a role can give itself, or take, rights
// that it does not have. IAM's own writing actions all are.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
var escalating = regexp.MustCompile(`(?i)^(iam:PassRole|sts:AssumeRoleWith.*|sts:GetFederationToken` +
	`|lambda:(CreateFunction|UpdateFunctionCode|UpdateFunctionConfiguration|AddPermission)|codebuild:(CreateProject|UpdateProject)` +
	`|codepipeline:(CreatePipeline|UpdatePipeline)|cloudformation:(CreateStack|UpdateStack|CreateChangeSet|ExecuteChangeSet|SetStackPolicy)` +
	`|ec2:(RunInstances|ReplaceIamInstanceProfileAssociation|AssociateIamInstanceProfile)|ssm:(SendCommand|StartSession)` +
	`|eks:(CreateAccessEntry|UpdateAccessEntry|AssociateAccessPolicy|CreatePodIdentityAssociation|UpdatePodIdentityAssociation|UpdateClusterConfig|CreateCluster)` +
	`|kms:(PutKeyPolicy|CreateGrant)|s3:(PutBucketPolicy|DeleteBucketPolicy|PutBucketAcl)|ecr:(SetRepositoryPolicy|DeleteRepositoryPolicy)|sns:(AddPermission|SetTopicAttributes)|secretsmanager:PutResourcePolicy)$`)

// escalation finds them in the rights of roles. No role of the platform needs one.
func escalation(r review, d document, s statement) (found []finding.Finding) {
	if s.effect != "Allow" || d.kind != identity {
		return nil
	}
	for _, action := range r.expand(s) {
		writes := action.Level != "Read" && action.Level != "List"
		switch {
		case strings.HasPrefix(action.Action, "iam:") && writes || escalating.MatchString(action.Action):
			found = append(found, about(d, s, "privilege-escalation", fmt.Sprintf("with %s on %s, the role can give itself other rights", action.Action, join(s.resources)),
				"remove the action: nothing of the platform hands out rights while it runs")...)
		case action.Action == "sts:AssumeRole" && slices.ContainsFunc(s.resources, func(arn string) bool { return strings.ContainsAny(arn, "*?") }):
			found = append(found, about(d, s, "privilege-escalation", fmt.Sprintf("the role can take every role of %s that trusts it", join(s.resources)), "name the roles")...)
		}
	}
	return found
}
