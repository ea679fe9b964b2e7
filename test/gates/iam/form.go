package iam

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// policyVersion is the one in which policies have variables.
const policyVersion = "2012-10-17"

// identitySid is what IAM takes as a statement's name; other services take more.
var identitySid = regexp.MustCompile(`^[A-Za-z0-9]*$`)

// form finds what the grammar's validator lets pass and AWS does not.
func form(d document) (found []finding.Finding) {
	content, _ := d.content.(map[string]any)
	if content["Version"] != policyVersion {
		found = append(found, at(d.owner, "policy-syntax", fmt.Sprintf("Version of %s is %v, want %q: without it, the policy is one of 2008", d.where, content["Version"], policyVersion), "set the Version"))
	}
	if len(d.statements) == 0 {
		found = append(found, at(d.owner, "policy-syntax", d.where+" has no statement", "add one, or remove the policy"))
	}
	seen := map[string]bool{}
	for _, value := range assembly.List(content["Statement"]) {
		object, _ := value.(map[string]any)
		sid, _ := object["Sid"].(string)
		if sid != "" && seen[sid] {
			found = append(found, at(d.owner, "policy-syntax", fmt.Sprintf("two statements of %s have the Sid %q", d.where, sid), "give each its own"))
		}
		if d.kind == identity && !identitySid.MatchString(sid) {
			found = append(found, at(d.owner, "policy-syntax", fmt.Sprintf("the Sid %q of %s has more than letters and digits", sid, d.where), "use letters and digits"))
		}
		seen[sid] = true
	}
	return found
}

// lockout finds keys that nobody could ever change again.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
func lockout(d document) []finding.Finding {
	if d.owner.Type != "AWS::KMS::Key" {
		return nil
	}
	for _, s := range d.statements {
		if s.effect == "Allow" && allRoot(s) && slices.Contains(s.actions, "kms:*") && slices.Contains(s.resources, "*") && len(s.conditions) == 0 {
			return nil
		}
	}
	return []finding.Finding{at(d.owner, "key-lockout", "KeyPolicy does not give the account's root kms:* on *, so that IAM policies count for nothing and the key can become unmanageable",
		"add the statement that AWS's default key policy has")}
}

// credentials finds what would have to be kept secret and rotated.
func credentials(r review) (found []finding.Finding) {
	for _, one := range r.assembly.All("AWS::IAM::User", "AWS::IAM::AccessKey", "AWS::IAM::UserToGroupAddition", "AWS::IAM::Group", "AWS::IAM::ServiceSpecificCredential") {
		found = append(found, at(one, "stored-credential", one.Type+" is, or has, a credential that does not expire", "use a role: Pod Identity, OIDC or a service's own"))
	}
	return found
}

// permissions checks who may call functions.
func permissions(r review) (found []finding.Finding) {
	for _, one := range r.assembly.All("AWS::Lambda::Permission") {
		here := resolver{r.assembly, one.Stack}
		who := here.text(one.Get("Principal"))
		service, isService := strings.CutSuffix(who, ".amazonaws.com")
		switch {
		case who == "*":
			found = append(found, at(one, "public", "everybody may call the function", "name the Principal"))
		case isService && !slices.Contains(serviceNames, service):
			found = append(found, at(one, "unknown-principal", fmt.Sprintf("%q is no service principal%s", who, suggestion(service)), "write it as the service's documentation does"))
		case isService && one.Get("SourceArn") == nil && one.Get("SourceAccount") == nil:
			found = append(found, at(one, "public", fmt.Sprintf("%s may call the function for anybody's account", who), "set SourceArn or SourceAccount"))
		}
	}
	for _, one := range r.assembly.All("AWS::Lambda::Url") {
		if one.Get("AuthType") == "NONE" {
			found = append(found, at(one, "public", "everybody may call the function by its URL", "set AuthType to AWS_IAM"))
		}
	}
	return found
}

// audiences compares the audience that a trust asks for with those that the
// provider takes tokens for.
func audiences(r review) (found []finding.Finding) {
	for _, provider := range r.assembly.All("AWS::IAM::OIDCProvider") {
		arn, taken := arnOf(r.assembly, provider), texts(resolver{r.assembly, provider.Stack}.resolve(provider.Get("ClientIdList")))
		for _, d := range r.documents {
			for _, s := range d.statements {
				if d.kind != trust || !slices.Contains(s.principals, principal{"Federated", arn}) {
					continue
				}
				for _, c := range s.conditions {
					for _, value := range c.values {
						if strings.HasSuffix(c.key, ":aud") && !slices.Contains(taken, value) {
							found = append(found, at(provider, "audience", fmt.Sprintf("ClientIdList is %s, but the role %s asks for the audience %q", join(taken), d.owner.LogicalID, value),
								"add the audience to ClientIdList, or ask for one that is there"))
						}
					}
				}
			}
		}
	}
	return found
}
