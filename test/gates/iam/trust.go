package iam

import (
	"fmt"
	"slices"
	"strings"

	"gitops-eks/test/gates/finding"
)

// serviceNames are service principals that take roles or use resources in a
// platform like this, before .amazonaws.com. As of November 2026, from the
// services' own documentation; there is no list of AWS's.
var serviceNames = strings.Fields(`
	access-analyzer apigateway application-autoscaling autoscaling backup batch billingconsole cloudformation cloudfront cloudtrail
	cloudwatch codebuild codecommit codeconnections codedeploy codepipeline codestar-connections codestar-notifications config
	delivery.logs ds ec2 ec2fleet ecr ecs ecs-tasks edgelambda eks eks-auth eks-fargate eks-fargate-pods eks-nodegroup
	elasticfilesystem elasticloadbalancing events export.rds firehose glue guardduty inspector2 iot kafka kinesis kms lambda
	logdelivery.elb logging.s3 logs malware-protection-plan.guardduty monitoring.rds opensearchservice pipes pods.eks pullthroughcache.ecr
	ram rds redshift replicator.lambda replication.ecr resource-groups route53 s3 sagemaker scheduler secretsmanager securityhub
	servicecatalog ses sns spot spotfleet sqs ssm states synthetics transfer vpc-flow-logs wafv2 waf xray
`)

// services finds principals that are no service. IAM refuses a wrong one in a
// trust policy at deployment; other services accept it, and it never matches.
func services(_ review, d document, s statement) (found []finding.Finding) {
	for _, p := range s.principals {
		switch p.kind {
		case "Service":
			name, isAWS := strings.CutSuffix(strings.TrimSuffix(p.value, ".cn"), ".amazonaws.com")
			if !isAWS || !slices.Contains(serviceNames, name) {
				found = append(found, about(d, s, "unknown-principal", fmt.Sprintf("%q is no service principal%s", p.value, suggestion(name)),
					"write it as the service's documentation does; a new one belongs into the table in trust.go")...)
			}
		case "AWS", "Federated", "CanonicalUser":
		default:
			found = append(found, about(d, s, "unknown-principal", fmt.Sprintf("%q is no kind of principal, want Service, AWS, Federated or CanonicalUser", p.kind), "use one of them")...)
		}
	}
	return found
}

func suggestion(name string) string {
	for _, known := range serviceNames {
		if strings.HasPrefix(known, name) || strings.HasPrefix(name, known) || sameLetters(known, name) {
			return fmt.Sprintf(", such as %s.amazonaws.com", known)
		}
	}
	return ""
}

func sameLetters(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return string(x) == string(y)
}

// limiting are keys that tie an open principal to known callers.
var limiting = []string{
	"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:sourceaccount", "aws:sourcearn", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce", "kms:calleraccount",
}

// publicity finds resources and roles that are open to everybody or to
// accounts that the platform does not know.
func publicity(r review, d document, s statement) (found []finding.Finding) {
	if s.effect != "Allow" || d.kind == endpoint {
		return nil
	}
	limited := slices.ContainsFunc(s.conditions, func(c condition) bool {
		return slices.Contains(limiting, strings.ToLower(c.key)) && !strings.Contains(c.operator, "Not") && !slices.Contains(c.values, "*")
	})
	for _, p := range s.principals {
		if p.kind != "AWS" {
			continue
		}
		account := accountOf(p.value)
		switch {
		case p.value == "*" && !limited:
			found = append(found, about(d, s, "public", `everybody is trusted: the principal is "*" without a condition that limits it`, "name the principals, or add a condition such as aws:PrincipalOrgID")...)
		case p.value != "*" && account == "" && !strings.HasPrefix(p.value, "AIDA") && !strings.HasPrefix(p.value, "AROA"):
			found = append(found, about(d, s, "unknown-principal", fmt.Sprintf("%q is no AWS principal, want an account of 12 digits or an ARN of a role, a user or root", p.value), "write the principal's ARN")...)
		case account != "" && !r.known(account):
			found = append(found, about(d, s, "foreign-account", fmt.Sprintf("the account %s is trusted, in which the assembly has no stack", account), "trust accounts of the platform only")...)
		case d.kind == trust && !limited && (strings.HasSuffix(p.value, ":root") || p.value == account):
			found = append(found, about(d, s, "wide-trust", fmt.Sprintf("every principal of the account %s may take the role", account), "name the role that may, or add a condition on aws:PrincipalArn")...)
		}
	}
	return found
}

// accountOf is the account of an AWS principal, or "".
func accountOf(value string) string {
	if len(value) == 12 && strings.Trim(value, "0123456789") == "" {
		return value
	}
	if parts := strings.SplitN(value, ":", arnParts); len(parts) == arnParts && parts[0] == "arn" && (parts[2] == "iam" || parts[2] == "sts") && parts[3] == "" {
		return parts[4]
	}
	return ""
}

// known says whether a stack is in the account; any is, when one is open.
func (r review) known(account string) bool {
	for _, stack := range r.assembly.Stacks {
		if stack.Account == "" || stack.Account == account {
			return true
		}
	}
	return false
}

// trusts checks who may take a role, and how.
func trusts(_ review, d document) (found []finding.Finding) {
	if d.kind != trust {
		return nil
	}
	for _, s := range d.statements {
		if s.effect != "Allow" {
			continue
		}
		for _, p := range s.principals {
			need, allowed := []string{"sts:AssumeRole"}, []string{"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"}
			switch {
			case p.value == "pods.eks.amazonaws.com": // https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
				need = append(need, "sts:TagSession")
			case p.kind == "Federated" && strings.Contains(p.value, "saml-provider/"):
				need, allowed = []string{"sts:AssumeRoleWithSAML"}, append(allowed, "sts:AssumeRoleWithSAML")
			case p.kind == "Federated":
				need, allowed = []string{"sts:AssumeRoleWithWebIdentity"}, []string{"sts:AssumeRoleWithWebIdentity", "sts:TagSession"}
				found = append(found, federation(d, s, p)...)
			}
			for _, action := range need {
				if !slices.Contains(s.actions, action) {
					found = append(found, about(d, s, "trust-action", fmt.Sprintf("%s needs %s to take the role, but has %s", p.value, action, join(s.actions)), "add "+action)...)
				}
			}
			for _, action := range s.actions {
				if !slices.Contains(allowed, action) {
					found = append(found, about(d, s, "trust-action", fmt.Sprintf("%s takes no role by %s, allowed are %s", p.value, action, join(allowed)), "remove the action, or use one that is allowed")...)
				}
			}
		}
	}
	return found
}

// federation checks that tokens of an identity provider are limited to some:
// GitHub, for one, signs tokens for everybody's repositories.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
func federation(d document, s statement, p principal) (found []finding.Finding) {
	_, host, isProvider := strings.Cut(p.value, "oidc-provider/")
	if !isProvider {
		return about(d, s, "unknown-principal", fmt.Sprintf("%q is no identity provider's ARN", p.value), "name an OIDC provider of the account")
	}
	for _, claim := range []string{"aud", "sub"} {
		i := slices.IndexFunc(s.conditions, func(c condition) bool { return c.key == host+":"+claim })
		switch {
		case i < 0:
			found = append(found, about(d, s, "wide-federation", fmt.Sprintf("tokens of %s are taken whatever their %s is", host, claim), fmt.Sprintf("add a condition StringEquals on %s:%s", host, claim))...)
		case s.conditions[i].operator != "StringEquals" || slices.ContainsFunc(s.conditions[i].values, func(v string) bool { return strings.ContainsAny(v, "*?") }):
			found = append(found, about(d, s, "wide-federation", fmt.Sprintf("%s compares %s:%s with %s, so other tokens do, too", s.conditions[i].operator, host, claim, join(s.conditions[i].values)), "use StringEquals and the whole value")...)
		case len(s.conditions[i].values) > 1: // Each subject would have the rights of all.
			found = append(found, about(d, s, "wide-federation", fmt.Sprintf("%s:%s may be %s: each of them has the rights of all", host, claim, join(s.conditions[i].values)), "make a role for each")...)
		}
	}
	return found
}
