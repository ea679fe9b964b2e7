package test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// eachDelivery runs a test on the delivery stack of every variant.
func eachDelivery(t *testing.T, test func(t *testing.T, a *assembly, s *template)) {
	t.Helper()
	eachStack(t, "delivery", test)
}

// The config repository starts as a copy of manifests/, on the branch that
// Flux follows; with one outside AWS there is none.
func TestConfigRepositoryIsSeeded(t *testing.T) {
	eachDelivery(t, func(t *testing.T, a *assembly, s *template) {
		repository := named(s, "AWS::CodeCommit::Repository", "RepositoryName", a.platform.Name+"-config")
		if a.platform.Config.Source != config.ConfigSourceCodeCommit {
			require.Nil(t, repository)
			return
		}
		require.NotNil(t, repository)
		require.Equal(t, a.platform.Environments[0].Flux.Branch, repository.get("Code", "BranchName"))
		require.Equal(t, filepath.Base(paths.Manifests), filepath.Base(a.source(t, s, repository.get("Code", "S3", "Key"))))
	})
}

// named is the resource of a type with a name; nil when there is none.
func named(s *template, kind, property, name string) *resource {
	for _, r := range s.all(kind) {
		if r.get(property) == name {
			return r
		}
	}
	return nil
}

// The first app's repository starts as a copy of the sample app, the others empty.
func TestAppRepositoriesFollowSettings(t *testing.T) {
	eachApp(t, func(t *testing.T, a *assembly, s *template, app config.App) {
		repository := named(s, "AWS::CodeCommit::Repository", "RepositoryName", a.platform.Name+"-"+app.Name)
		switch {
		case app.Source.Type == config.AppSourceConnection:
			require.Nil(t, repository)
		case app.Name == a.platform.Apps[0].Name:
			require.Equal(t, app.Source.Branch, repository.get("Code", "BranchName"))
			require.Equal(t, filepath.Base(paths.App), filepath.Base(a.source(t, s, repository.get("Code", "S3", "Key"))))
		default:
			require.NotNil(t, repository)
			require.Nil(t, repository.get("Code"))
		}
	})
}

// eachRegistry runs a test on the image repository of every app.
func eachRegistry(t *testing.T, test func(t *testing.T, a *assembly, s *template, app config.App, registry *resource)) {
	t.Helper()
	eachApp(t, func(t *testing.T, a *assembly, s *template, app config.App) {
		registry := s.one(t, "AWS::ECR::Repository")
		require.Equal(t, a.platform.Name+"/"+app.Name, registry.get("RepositoryName"))
		test(t, a, s, app, registry)
	})
}

// A tag that was released means the same image for ever; only the build's
// cache is overwritten.
func TestImagesCannotBeOverwritten(t *testing.T) {
	eachRegistry(t, func(t *testing.T, _ *assembly, _ *template, _ config.App, registry *resource) {
		require.Equal(t, "IMMUTABLE_WITH_EXCLUSION", registry.get("ImageTagMutability"))
		exclusions := list(registry.get("ImageTagMutabilityExclusionFilters"))
		require.Len(t, exclusions, 1)
		require.Equal(t, "WILDCARD", dig(exclusions[0], "ImageTagMutabilityExclusionFilterType"))
		require.Equal(t, "cache*", dig(exclusions[0], "ImageTagMutabilityExclusionFilterValue"))
	})
}

func TestImagesAreScannedAndEncrypted(t *testing.T) {
	eachRegistry(t, func(t *testing.T, a *assembly, _ *template, _ config.App, registry *resource) {
		require.Equal(t, true, registry.get("ImageScanningConfiguration", "ScanOnPush"))
		require.Equal(t, "KMS", registry.get("EncryptionConfiguration", "EncryptionType"))
		a.requireOrigin(t, registry.get("EncryptionConfiguration", "KmsKey"), "AWS::KMS::Key", "Key")
	})
}

// A rejected build can be looked at for a week. Releases stay, unless a number is
// asked for, and then their rule must not touch the cache.
func TestOldImagesGo(t *testing.T) {
	eachRegistry(t, func(t *testing.T, _ *assembly, s *template, app config.App, registry *resource) {
		var policy struct {
			Rules []struct {
				Selection struct {
					TagStatus     string   `json:"tagStatus"`
					TagPrefixList []string `json:"tagPrefixList"`
					CountType     string   `json:"countType"`
					CountUnit     string   `json:"countUnit"`
					CountNumber   int      `json:"countNumber"`
				} `json:"selection"`
			} `json:"rules"`
		}
		s.object(t, registry.get("LifecyclePolicy", "LifecyclePolicyText"), &policy)
		untagged := policy.Rules[0].Selection
		require.Equal(t, []any{"untagged", "sinceImagePushed", "days", 7}, []any{untagged.TagStatus, untagged.CountType, untagged.CountUnit, untagged.CountNumber})
		if app.KeepImages == 0 {
			require.Len(t, policy.Rules, 1, "a release may be what an environment runs")
			return
		}
		require.Len(t, policy.Rules, 2)
		releases := policy.Rules[1].Selection
		require.Equal(t, []any{"tagged", "imageCountMoreThan", app.KeepImages}, []any{releases.TagStatus, releases.CountType, releases.CountNumber})
		require.Equal(t, []string{"2"}, releases.TagPrefixList, "tags of releases start with the year")
	})
}

// The environments' accounts may look for images and pull them, as image-reflector-controller
// and nodes do, and nobody else may do anything.
func TestOtherAccountsMayOnlyPull(t *testing.T) {
	eachRegistry(t, func(t *testing.T, a *assembly, s *template, _ config.App, registry *resource) {
		var want, got []string
		for _, account := range a.platform.Accounts() {
			if account != a.platform.Delivery.Account {
				want = append(want, "AWS:arn:aws:iam::"+account+":root")
			}
		}
		for _, statement := range s.statements(registry.get("RepositoryPolicyText")) {
			require.Equal(t, []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer", "ecr:ListImages"}, statement.actions)
			got = append(got, statement.principals...)
		}
		require.Equal(t, want, got)
	})
}

// Sources are encrypted under the customer's key, travel by TLS and do not pile up.
func TestBucketsAreClosed(t *testing.T) {
	eachDelivery(t, func(t *testing.T, _ *assembly, s *template) {
		require.Len(t, s.all("AWS::S3::Bucket"), 2, "the artifacts, and the log of who read them")
		for _, bucket := range s.all("AWS::S3::Bucket") {
			for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
				require.Equal(t, true, bucket.get("PublicAccessBlockConfiguration", block), bucket.path)
			}
			require.NotEmpty(t, dig(bucket.get("BucketEncryption"), "ServerSideEncryptionConfiguration"), bucket.path)
			rules := list(bucket.get("LifecycleConfiguration", "Rules"))
			require.Len(t, rules, 1, bucket.path)
			require.Positive(t, dig(rules[0], "ExpirationInDays"), bucket.path)
			require.Equal(t, "Enabled", dig(rules[0], "Status"), bucket.path)
			requireTLS(t, s, "AWS::S3::BucketPolicy", "Bucket", bucket)
		}
		artifacts := s.at(t, "AWS::S3::Bucket", "Artifacts/Bucket")
		encryption := dig(artifacts.get("BucketEncryption"), "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault")
		require.Equal(t, "aws:kms", dig(encryption, "SSEAlgorithm"))
		require.True(t, refersTo(dig(encryption, "KMSMasterKeyID"), s.one(t, "AWS::KMS::Key")))
		require.True(t, refersTo(artifacts.get("LoggingConfiguration", "DestinationBucketName"), s.at(t, "AWS::S3::Bucket", "Artifacts/AccessLog")))
	})
}

// requireTLS checks that a resource's policy denies everyone who comes without TLS.
func requireTLS(t *testing.T, s *template, kind, property string, r *resource) {
	t.Helper()
	for _, policy := range s.all(kind) {
		if !refersTo(policy.get(property), r) {
			continue
		}
		require.True(t, slices.ContainsFunc(s.statements(policy.get("PolicyDocument")), func(one statement) bool {
			everyone := slices.Contains(one.principals, "*") || slices.Contains(one.principals, "AWS:*")
			return one.effect == "Deny" && everyone && dig(one.condition, "Bool", "aws:SecureTransport") == "false"
		}), "%s can be reached without TLS", r.path)
		return
	}
	require.Fail(t, r.path+" has no policy")
}

// EventBridge encrypts what it sends to the topic, or the message is lost silently.
func TestAlertsArriveEncrypted(t *testing.T) {
	eachDelivery(t, func(t *testing.T, a *assembly, s *template) {
		topic, key := s.one(t, "AWS::SNS::Topic"), s.one(t, "AWS::KMS::Key")
		require.True(t, refersTo(topic.get("KmsMasterKeyId"), key))
		requireTLS(t, s, "AWS::SNS::TopicPolicy", "Topics", topic)

		var allowed []string
		for _, one := range s.statements(key.get("KeyPolicy")) {
			if slices.Equal(one.principals, []string{"Service:events.amazonaws.com"}) {
				allowed = append(allowed, one.actions...)
			}
		}
		require.Contains(t, allowed, "kms:Decrypt")
		require.Contains(t, allowed, "kms:GenerateDataKey")
		for _, one := range s.statements(s.one(t, "AWS::SNS::TopicPolicy").get("PolicyDocument")) {
			if one.effect == "Allow" {
				require.Equal(t, []string{"sns:Publish"}, one.actions)
				require.Equal(t, []string{"Service:events.amazonaws.com"}, one.principals)
			}
		}
		var emails []string
		for _, subscription := range s.all("AWS::SNS::Subscription") {
			require.Equal(t, "email", subscription.get("Protocol"))
			require.True(t, refersTo(subscription.get("TopicArn"), topic))
			emails = append(emails, subscription.get("Endpoint").(string))
		}
		require.ElementsMatch(t, a.platform.Delivery.AlertEmails, emails)
	})
}

// Each pipeline and each build has a rule that tells of its failure, the first run's, too.
func TestFailuresAreTold(t *testing.T) {
	eachApp(t, func(t *testing.T, a *assembly, s *template, _ config.App) {
		for _, pipeline := range s.all("AWS::CodePipeline::Pipeline") {
			rule := tells(t, a, s, pipeline)
			s.requireBefore(t, rule, pipeline)
			require.Equal(t, []string{"aws.codepipeline"}, texts(rule.get("EventPattern", "source")))
			require.Equal(t, []string{"CodePipeline Pipeline Execution State Change"}, texts(rule.get("EventPattern", "detail-type")))
			require.Equal(t, []string{"FAILED"}, texts(rule.get("EventPattern", "detail", "state")))
		}
		for _, project := range s.all("AWS::CodeBuild::Project") {
			rule := tells(t, a, s, project)
			for _, pipeline := range s.all("AWS::CodePipeline::Pipeline") {
				if refersTo(pipeline.get("Stages"), project) {
					s.requireBefore(t, rule, pipeline)
				}
			}
			require.Equal(t, []string{"aws.codebuild"}, texts(rule.get("EventPattern", "source")))
			require.Equal(t, []string{"CodeBuild Build State Change"}, texts(rule.get("EventPattern", "detail-type")))
			require.Equal(t, []string{"FAILED"}, texts(rule.get("EventPattern", "detail", "build-status")))
		}
	})
}

// tells is the rule that sends the topic the events of a resource.
func tells(t *testing.T, a *assembly, s *template, r *resource) *resource {
	t.Helper()
	for _, rule := range s.all("AWS::Events::Rule") {
		name, named := r.get("Name").(string)
		about := refersTo(rule.get("EventPattern"), r) || named && strings.HasSuffix(s.render(rule.get("EventPattern", "resources", 0)), ":"+name)
		if about && rule.get("Targets", 0, "InputTransformer") != nil {
			a.requireOrigin(t, rule.get("Targets", 0, "Arn"), "AWS::SNS::Topic", "Alerts/Topic")
			require.Equal(t, "ENABLED", rule.get("State"), rule.path)
			message, _ := dig(rule.get("Targets"), 0, "InputTransformer", "InputTemplate").(string)
			require.True(t, strings.Contains(message, " failed. "), "%s: %q", rule.path, message)
			return rule
		}
	}
	require.Fail(t, "nobody is told when "+r.path+" fails")
	return nil
}

func TestLinksLeadToTheConsoleOfThePartition(t *testing.T) {
	for region, host := range map[string]string{
		"eu-west-1": "console.aws.amazon.com", "cn-north-1": "console.amazonaws.cn",
		"us-gov-west-1": "console.amazonaws-us-gov.com",
	} {
		t.Run(region, func(t *testing.T) {
			platform := edited(t, "default", func(p *config.Platform) {
				p.Environments[0].Account, p.Environments[0].Region = "111111111111", region
			})
			var links []string
			for _, stack := range synthesize(t, platform, platform).stacks {
				for _, rule := range stack.all("AWS::Events::Rule") {
					message, _ := dig(rule.get("Targets"), 0, "InputTransformer", "InputTemplate").(string)
					if _, link, found := strings.Cut(message, "https://"); found {
						links = append(links, link)
					}
				}
			}
			require.NotEmpty(t, links)
			for _, link := range links {
				require.True(t, strings.HasPrefix(link, host+"/"), link)
			}
		})
	}
}

// What environments follow that take changes by pull request exists, needs an
// approval, and has a policy that keeps people from it.
func TestBranchesOfPullRequestsAreProtected(t *testing.T) {
	eachDelivery(t, func(t *testing.T, a *assembly, s *template) {
		var made []string
		for _, branch := range s.all("Custom::Branch") {
			made = append(made, branch.get("BranchName").(string))
		}
		protected := map[string]bool{}
		if a.platform.Config.Source == config.ConfigSourceCodeCommit {
			require.ElementsMatch(t, a.platform.Branches()[1:], made)
			for _, e := range a.platform.Environments {
				if e.Flux.ImageUpdates == config.ImageUpdatesPullRequest && e.Flux.Branch != a.platform.Branches()[0] {
					protected[e.Flux.Branch] = true
				}
			}
		}
		if len(protected) == 0 {
			require.Empty(t, s.all("Custom::ApprovalRuleTemplate"))
			return
		}
		require.Len(t, texts(s.one(t, "Custom::ApprovalRuleTemplate").get("Branches")), len(protected))
		denial := dig(s.one(t, "AWS::IAM::ManagedPolicy").get("PolicyDocument", "Statement"), 0)
		require.Equal(t, "Deny", dig(denial, "Effect"))
		require.Contains(t, texts(dig(denial, "Action")), "codecommit:GitPush")
		for _, reference := range texts(dig(denial, "Condition", "StringEqualsIfExists", "codecommit:References")) {
			require.True(t, protected[strings.TrimPrefix(reference, "refs/heads/")], reference)
		}
	})
}
