package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/preflight/standin"
)

const (
	open = `{}`
	// Credentials are of account 111111111111, delivery's.
	three = `{
		"delivery": {"account": "111111111111", "region": "eu-west-1"},
		"environments": [
			{"name": "dev", "account": "222222222222", "region": "eu-west-1"},
			{"name": "prod", "account": "333333333333", "region": "eu-central-1"}
		]
	}`
)

func ready(t *testing.T, platform, env string, patterns ...string) error {
	t.Helper()
	return run(t.Context(), os.Stdout, project(t, platform), env, patterns, false)
}

// project is a folder with settings.
func project(t *testing.T, platform string) string {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "cdk.json"), []byte(`{"context": {"platform": `+platform+`}}`), 0o600))
	return root
}

func TestAWorkingAccountIsReady(t *testing.T) {
	answers := standin.Identity("111111111111")
	answers["GetParameter"] = standin.Bootstrap("30")
	standin.Start(t, answers)
	require.NoError(t, ready(t, open, ""))
	require.NoError(t, ready(t, open, "dev", "--all"))
	require.NoError(t, ready(t, open, "", "dev-*"))
	require.NoError(t, ready(t, three, "", "delivery", "app-*"))
}

// The roles of the workflows may take the lookup role, and nothing else.
func TestTheLookupRoleLooks(t *testing.T) {
	answers := standin.Identity("111111111111", "222222222222", "333333333333")
	answers["GetParameter"] = func(r standin.Request) (string, error) {
		if !strings.HasPrefix(r.KeyID, "LOOKUP") {
			return "", &standin.Refusal{Code: "ParameterNotFound"}
		}
		return standin.Bootstrap("8")(r)
	}
	standin.Start(t, answers)
	require.NoError(t, ready(t, three, ""))
}

func TestWhatIsMissingIsSaidWithTheFix(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(t *testing.T, answers standin.Answers)
		platform string
		patterns []string
		want     string
	}{
		"no credentials": {
			func(t *testing.T, _ standin.Answers) { t.Setenv("AWS_ACCESS_KEY_ID", "") }, open, nil,
			"no AWS credentials were found: log in (aws configure sso, then export AWS_PROFILE=its name), " +
				"or export AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
		},
		"no profile": {
			func(t *testing.T, _ standin.Answers) { t.Setenv("AWS_PROFILE", "ops") }, open, nil,
			"the AWS configuration cannot be read: failed to get shared config profile, ops",
		},
		"expired": {
			func(_ *testing.T, a standin.Answers) { a["GetCallerIdentity"] = standin.Refuse("ExpiredToken", "") }, open, nil,
			"the AWS credentials have expired: log in again (aws sso login), or export new ones",
		},
		"a Region that is not enabled": {
			func(_ *testing.T, a standin.Answers) {
				a["GetCallerIdentity"] = standin.Refuse("InvalidClientTokenId", "")
			}, open, nil,
			"AWS refuses the credentials in eu-west-1 (InvalidClientTokenId): they are wrong, or the Region is not enabled in their account " +
				"(aws account enable-region --region-name eu-west-1)",
		},
		"nothing answers": {
			func(t *testing.T, _ standin.Answers) { t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1") }, open, nil,
			"is there a way out of this machine?",
		},
		"no Region": {
			func(t *testing.T, _ standin.Answers) { t.Setenv("AWS_REGION", "") }, open, nil,
			"no Region is chosen: the settings leave it open, and neither AWS_REGION nor the profile names one; " +
				"export AWS_REGION=eu-west-1, for example, or set account and region of each environment",
		},
		"no such Region": {
			func(t *testing.T, _ standin.Answers) { t.Setenv("AWS_REGION", "eu-wset-1") }, open, nil,
			`AWS has no Region "eu-wset-1", which AWS_REGION or the profile names`,
		},
		"no bootstrap": {
			func(*testing.T, standin.Answers) {}, open, nil,
			"111111111111/eu-west-1: the CDK's bootstrap is missing: run make bootstrap",
		},
		"an old bootstrap": {
			func(_ *testing.T, a standin.Answers) { a["GetParameter"] = standin.Bootstrap("5") }, open, nil,
			"111111111111/eu-west-1: the CDK's bootstrap is of version 5, wanted is 8: run make bootstrap",
		},
		"another account": {
			func(*testing.T, standin.Answers) {}, three, []string{"dev-*"},
			"222222222222/eu-west-1: arn:aws:sts::111111111111:assumed-role/admin/me may not take the role " +
				"arn:aws:iam::222222222222:role/cdk-hnb659fds-lookup-role-222222222222-eu-west-1: the account is not bootstrapped, " +
				"or does not trust account 111111111111; run make bootstrap with credentials of 222222222222",
		},
		"settings": {func(*testing.T, standin.Answers) {}, `{"apps": []}`, nil, "platform.apps"},
	} {
		t.Run(name, func(t *testing.T) {
			answers := standin.Identity()
			answers["GetParameter"] = standin.Refuse("ParameterNotFound", "")
			standin.Start(t, answers)
			c.change(t, answers)
			require.ErrorContains(t, ready(t, c.platform, "", c.patterns...), c.want)
		})
	}
}

// Whoever deploys need not be allowed to look.
func TestWhoCannotLookIsNotStopped(t *testing.T) {
	standin.Start(t, standin.Identity())
	require.NoError(t, ready(t, open, ""))
}

func TestBootstrapOnlyWhatIsMissing(t *testing.T) {
	const admin = " --trust 999999999999 --cloudformation-execution-policies arn:aws:iam::aws:policy/AdministratorAccess"
	settings := func(delivery string) string {
		return `{
			"delivery": {"account": "` + delivery + `", "region": "eu-west-1"},
			"environments": [
				{"name": "dev", "account": "111111111111", "region": "eu-west-1"},
				{"name": "prod", "account": "111111111111", "region": "eu-central-1"},
				{"name": "far", "account": "222222222222", "region": "eu-west-1"}
			]
		}`
	}
	for _, c := range []struct{ platform, env, version, want string }{
		{open, "", "", "aws://111111111111/eu-west-1\n"},
		{open, "", "5", "aws://111111111111/eu-west-1\n"},
		{open, "", "30", ""},
		{settings("111111111111"), "", "", "aws://111111111111/eu-central-1\naws://111111111111/eu-west-1\n"},
		{settings("999999999999"), "", "", "aws://111111111111/eu-central-1" + admin + "\naws://111111111111/eu-west-1" + admin + "\n"},
		// The trust that is there stays.
		{settings("999999999999"), "dev", "5", "aws://111111111111/eu-west-1\n"},
	} {
		answers := standin.Identity()
		answers["GetParameter"] = standin.Refuse("ParameterNotFound", "")
		if c.version != "" {
			answers["GetParameter"] = standin.Bootstrap(c.version)
		}
		standin.Start(t, answers)
		var out strings.Builder
		require.NoError(t, run(t.Context(), &out, project(t, c.platform), c.env, nil, true))
		require.Equal(t, c.want, out.String())
	}
	err := run(t.Context(), os.Stdout, project(t, strings.ReplaceAll(three, "111111111111", "444444444444")), "", nil, true)
	require.EqualError(t, err, "the settings name no place in account 111111111111, whose credentials these are")
}
