package config

import (
	"regexp"
	"slices"
	"strings"
)

var (
	principalARN = regexp.MustCompile(`^arn:(aws[a-z-]*):iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$`)
	assumedRole  = regexp.MustCompile(`^arn:(aws[a-z-]*):sts::([0-9]{12}):assumed-role/([A-Za-z0-9+=,.@_-]+)/.+$`)
	ssoRole      = regexp.MustCompile(`(^|/)AWSReservedSSO_[A-Za-z0-9+=,.@_-]+$`)
	rootARN      = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:root$`)
)

// principal is the rule for who gets an access entry.
// https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
func principal() rule {
	const want = "the ARN of an IAM role or user"
	return rule{want: want, pattern: principalARN, check: func(s string) (string, string) {
		if m := assumedRole.FindStringSubmatch(s); m != nil {
			if ssoRole.MatchString(m[3]) {
				return want + ", not of a session", "use the role's ARN with its path, which aws iam get-role --role-name " + m[3] + " shows"
			}
			return want + ", not of a session", "use the role's ARN, " + show("arn:"+m[1]+":iam::"+m[2]+":role/"+m[3]) + ", with the path it has in IAM"
		}
		// IAM knows no role by its name alone, and EKS refuses what IAM does not know.
		// https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
		if name := ssoRole.FindString(s); name != "" && principalARN.MatchString(s) && !strings.Contains(s, ":role/aws-reserved/sso.amazonaws.com/") {
			name = strings.TrimPrefix(name, "/")
			return want + ", with the path /aws-reserved/sso.amazonaws.com/ that those of IAM Identity Center have",
				"use the ARN that aws iam get-role --role-name " + name + " shows"
		}
		if rootARN.MatchString(s) {
			return want + ", not of an account", "name the role that people take on"
		}
		return "", ""
	}}
}

// principals checks admins and viewers against each other and the Region.
func (v *validator) principals(e Environment, at string) {
	for _, list := range []struct {
		key  string
		arns []string
	}{{"admins", e.Admins}, {"viewers", e.Viewers}} {
		for i, arn := range list.arns {
			one := item(below(at, list.key), i)
			if !v.ok(one) {
				continue
			}
			if j := slices.Index(e.Admins, arn); list.key == "viewers" && j >= 0 {
				v.add(one, arn, "either an admin or a viewer, EKS has one access entry a principal", "remove it, "+item("admins", j)+" is the same")
				continue
			}
			m := principalARN.FindStringSubmatch(arn)
			if want := PartitionOf(e.Region); e.Region != "" && v.ok(at+".region") && want != "" && m[1] != want {
				v.add(one, arn, "an ARN of the Region's partition "+want, "name a role there")
			}
		}
	}
}

// endpoint checks that a public endpoint is limited, and a private one private.
func (v *validator) endpoint(e Environment, at string) {
	cidrs := at + ".endpoint.publicCidrs"
	if !v.ok(at+".endpoint.access", cidrs) {
		return
	}
	switch n := len(e.Endpoint.PublicCIDRs); {
	case e.Endpoint.Access == EndpointPublic && n == 0:
		v.add(cidrs, nil, `at least one range beside access "public"`, `add those that you come from, or use access "private"`)
	case e.Endpoint.Access == EndpointPrivate && n > 0:
		v.add(cidrs, e.Endpoint.PublicCIDRs, `no ranges beside access "private"`, `use access "public", or remove publicCidrs`)
	}
}
