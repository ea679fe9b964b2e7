package iam

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/gatetest"
)

func TestForm(t *testing.T) {
	ask := newAsker(t, false)
	for _, f := range []fault{
		{"a policy of 2008", "default", "app-hello", policyKind, buildPath, func(p object, _ *assembly.Resource) {
			delete(p["PolicyDocument"].(object), "Version")
		}, "policy-syntax", "Version", ""},
		{"a name twice", "default", "dev-gitops", policyKind, "image-automation", change(1, "Sid", "PullConfig"), "policy-syntax", "two statements", ""},
		{"a name with a space", "default", "app-hello", policyKind, buildPath, change(0, "Sid", "write logs"), "policy-syntax", "more than letters and digits", ""},
		{"a key without its root", "default", "dev-cluster", "AWS::KMS::Key", "", change(0, "Action", "kms:Decrypt"), "key-lockout", "unmanageable", ""},
		{"an audience that is not taken", "github", "ci", "AWS::IAM::OIDCProvider", "", func(p object, _ *assembly.Resource) {
			p["ClientIdList"] = []any{"sts.amazonaws.co"}
		}, "audience", "sts.amazonaws.co", ""},
	} {
		t.Run(f.name, func(t *testing.T) { f.test(t, ask) })
	}
}

// What the platform does not have, and should not get.
func TestAdditions(t *testing.T) {
	ask := newAsker(t, false)
	for kind, f := range map[string]struct {
		properties object
		rule       string
	}{
		"AWS::IAM::User":          {object{"UserName": "ci"}, "stored-credential"},
		"AWS::IAM::AccessKey":     {object{"UserName": "ci"}, "stored-credential"},
		"AWS::Lambda::Permission": {object{"Principal": "*", "Action": "lambda:InvokeFunction"}, "public"},
		"AWS::Lambda::Url":        {object{"AuthType": "NONE"}, "public"},
	} {
		a := gatetest.Synth(t, "default")
		s := a.Stack("delivery")
		s.Resources["Added"] = &assembly.Resource{Stack: s, LogicalID: "Added", Type: kind, Properties: f.properties}
		requireFinding(t, ask(a), f.rule, s.Resources["Added"], "")
	}
}

func TestGlobs(t *testing.T) {
	for _, c := range []struct {
		a, b         string
		meet, covers bool
	}{
		{"a", "a", true, true}, {"a", "b", false, false},
		{"a*", "ab", true, true}, {"a*c", "abc", true, true}, {"a*c", "abd", false, false},
		{"*x", "y*", true, false}, {"a*b", "ac*", true, false}, {"a?c", "abc", true, false},
		{"", "*", true, false}, {"*", "", true, true}, {"s3:Get*", "s3:GetObject*", true, true},
		{"repository/*", "repository/platform/*", true, true}, {"ab*", "ac*", false, false},
	} {
		require.Equal(t, c.meet, meet(c.a, c.b), "%s meets %s", c.a, c.b)
		require.Equal(t, c.covers, covers(c.a, c.b), "%s covers %s", c.a, c.b)
	}
}
