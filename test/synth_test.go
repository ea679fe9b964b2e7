package test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireSame checks that two templates are the same, and shows where not.
func requireSame(t *testing.T, want, got *template) {
	t.Helper()
	if text(want.body) == text(got.body) {
		return
	}
	require.Equal(t, string(snapshot(t, want)), string(snapshot(t, got)), want.name)
	require.Equal(t, want.body, got.body, want.name)
}

// The same settings give the same templates: `cdk diff` after a deployment is empty.
func TestSynthesisIsDeterministic(t *testing.T) {
	first := synth(t, "prod-like")
	again := synthesize(t, first.platform, first.platform)
	require.Len(t, again.stacks, len(first.stacks))
	for i := range first.stacks {
		requireSame(t, first.stacks[i], again.stacks[i])
	}
}

// `-c env=prod` leaves out the stacks of the others and changes none: above
// all delivery must not lose the rights of an environment that is not deployed
// this time.
func TestOneEnvironmentIsDeployedAlone(t *testing.T) {
	all := synth(t, "prod-like")
	only, err := all.platform.Select("prod")
	require.NoError(t, err)
	narrowed := synthesize(t, all.platform, only)
	var names []string
	for _, s := range narrowed.stacks {
		names = append(names, s.name)
		requireSame(t, all.stack(t, s.name), s)
	}
	require.Equal(t, []string{"app-search", "app-shop", "delivery", "prod-cluster", "prod-gitops", "prod-network"}, names)
}

// recommendedFlags is the CDK CLI's own list for new projects.
const recommendedFlags = "node_modules/aws-cdk/lib/init-templates/.recommended-feature-flags.json"

// A flag that is not set keeps an old behaviour, which is often the less safe one.
func TestFeatureFlagsAreTheRecommended(t *testing.T) {
	var want map[string]any
	readJSON(t, recommendedFlags, &want)
	require.NotEmpty(t, want)
	// The one exception: with it the CDK makes log groups that stay for two years.
	want["@aws-cdk/aws-lambda:useCdkManagedLogGroup"] = false
	got := cdkContext(t)
	maps.DeleteFunc(got, func(key string, _ any) bool { return !strings.HasPrefix(key, "@aws-cdk") }) // the rest is yours
	require.Equal(t, want, got, "cdk.json and the CDK CLI in package.json go together")
}

// An empty object must stay deployable: it is what everyone starts from, and
// what the variant default is.
func TestDefaultSettingsAreEmpty(t *testing.T) {
	var platform map[string]any
	readJSON(t, settingsDir+"/default.json", &platform)
	require.Empty(t, platform)
}

// secrets are the shapes of what must never be in a template, which everyone
// with read access to CloudFormation can see.
var secrets = regexp.MustCompile(`AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20}|github_pat_|glpat-|xox[abp]-|-----BEGIN|(?i)\b(password|passwd|secretaccesskey|token|apikey)\\?"`)

func TestNoSecretIsInATemplate(t *testing.T) {
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		// A resource of Kubernetes, that a policy keeps Flux from.
		require.NotRegexp(t, secrets, strings.ReplaceAll(text(s.body), "serviceaccounts/token", ""))
		for _, r := range s.resources {
			require.NotContains(t, []string{"AWS::IAM::AccessKey", "AWS::IAM::User", "AWS::SecretsManager::Secret"}, r.kind, r.path)
			if object := r.get("Manifest"); object != nil {
				require.NotEqual(t, "Secret", kubernetesObject(t, s, r)["kind"], r.path)
			}
		}
	})
}

// Tags of the settings are on what takes tags.
func TestTagsAreOnEverythingThatMatters(t *testing.T) {
	kinds := []string{"AWS::EKS::Cluster", "AWS::EC2::VPC", "AWS::ECR::Repository", "AWS::S3::Bucket", "AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::KMS::Key"}
	a := synth(t, "prod-like")
	require.NotEmpty(t, a.platform.Tags)
	for _, s := range a.stacks {
		for _, r := range s.resources {
			// The CDK's own handlers take no part.
			if !slices.Contains(kinds, r.kind) || strings.HasPrefix(r.path, "Custom::") {
				continue
			}
			for key, value := range a.platform.Tags {
				require.Equal(t, value, r.tags()[key], "%s/%s", s.name, r.path)
			}
		}
	}
}

// What a stack reads of another one cannot change in place, so CloudFormation
// has to refuse that it goes. A weak reference would keep what is gone.
func TestNoReferenceIsWeak(t *testing.T) {
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		require.NotContains(t, text(s.body), "Fn::GetStackOutput")
	})
}
