package test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// withoutResource are the actions that know no resource, so that "*" is the
// only way to grant them. Service Authorization Reference:
// https://docs.aws.amazon.com/service-authorization/latest/reference/
var withoutResource = []string{
	"codecommit:CreateApprovalRuleTemplate", "codecommit:DeleteApprovalRuleTemplate", "codecommit:UpdateApprovalRuleTemplateContent",
	"ec2:DescribeAvailabilityZones", "ecr:GetAuthorizationToken", "eks:DescribeAddonVersions",
	"inspector2:ListCoverage", "inspector2:ListFindings",
}

// eachRole runs a test on every role of every stack.
func eachRole(t *testing.T, test func(t *testing.T, a *assembly, s *template, role *resource)) {
	t.Helper()
	eachStack(t, "", func(t *testing.T, a *assembly, s *template) {
		for _, role := range s.all("AWS::IAM::Role") {
			test(t, a, s, role)
		}
	})
}

// Nothing that an ARN could limit is granted on everything, no service is
// granted as a whole, and nothing is granted by leaving out.
func TestRolesAreLimited(t *testing.T) {
	eachRole(t, func(t *testing.T, _ *assembly, s *template, role *resource) {
		for _, one := range s.permissions(role) {
			require.Equal(t, "Allow", one.effect, role.path)
			require.False(t, one.negated, role.path)
			for _, action := range one.actions {
				require.NotRegexp(t, `^\*$|:\*$`, action, role.path)
			}
			for _, r := range one.resources {
				if r == "*" {
					require.Subset(t, withoutResource, one.actions, role.path)
					continue
				}
				require.NotRegexp(t, regexp.MustCompile(`^arn:[^:]*:[^:]*:[^:]*:[^:]*:(\*|[a-z-]+/\*)$`), r, "%s: %s", role.path, strings.Join(one.actions, ", "))
			}
		}
	})
}

// The delivery and app stacks build images and do nothing else: no role in them can
// reach or even describe a cluster, or hand itself further rights.
func TestDeliveryCannotReachAClusterOrIAM(t *testing.T) {
	eachRole(t, func(t *testing.T, _ *assembly, s *template, role *resource) {
		if s.name != "delivery" && !isApp(s) || strings.HasSuffix(role.path, "-controller/Resource") {
			return // the roles of other accounts' controllers have tests of their own
		}
		for _, one := range s.permissions(role) {
			for _, action := range one.actions {
				service, _, _ := strings.Cut(action, ":")
				require.NotContains(t, []string{"eks", "eks-auth", "iam", "ec2", "ssm", "cloudformation"}, service, "%s: %s", role.path, action)
				if service == "sts" {
					require.Equal(t, "sts:AssumeRole", action, role.path)
					for _, target := range one.resources {
						require.Regexp(t, `^\$\{Delivery/Pipeline/[^}]*CodePipelineActionRole\.Arn\}$`, target, "%s takes the roles of its own actions only", role.path)
					}
				}
			}
		}
		for _, policy := range s.managedPolicies(role) {
			require.Equal(t, "service-role/AWSLambdaBasicExecutionRole", policy, role.path)
		}
	})
}

// trusted are who may take a role in each kind of stack. Whatever else a role
// says is either a mistake or belongs here.
var trusted = map[string][]string{
	"delivery": {"Service:lambda.amazonaws.com", "Service:codebuild.amazonaws.com", "Service:events.amazonaws.com"},
	"app":      {"Service:codebuild.amazonaws.com", "Service:codepipeline.amazonaws.com", "Service:events.amazonaws.com"},
	"network":  {"Service:lambda.amazonaws.com", "Service:vpc-flow-logs.amazonaws.com"},
	"cluster":  {"Service:ec2.amazonaws.com", "Service:eks.amazonaws.com", "Service:lambda.amazonaws.com", "Service:pods.eks.amazonaws.com"},
	"gitops":   {"Service:pods.eks.amazonaws.com"},
	"ci":       {"Federated:${GitHub/Provider}"},
}

var pipelineRole = regexp.MustCompile(`^AWS:\$\{Delivery/Pipeline/Role\.Arn\}$`)

func isApp(s *template) bool { return strings.HasPrefix(s.name, "app-") }

func TestNobodyElseTakesARole(t *testing.T) {
	eachRole(t, func(t *testing.T, a *assembly, s *template, role *resource) {
		kind := s.name[strings.LastIndex(s.name, "-")+1:]
		if isApp(s) {
			kind = "app"
		}
		for _, one := range s.trust(role) {
			require.Equal(t, "Allow", one.effect, role.path)
			taking := []string{"sts:AssumeRole", "sts:TagSession"}
			if kind == "ci" { // a token is no principal of AWS
				taking = []string{"sts:AssumeRoleWithWebIdentity"}
			}
			require.Subset(t, taking, one.actions, role.path)
			for _, principal := range one.principals {
				switch {
				case slices.Contains(trusted[kind], principal):
				case kind == "app" && pipelineRole.MatchString(principal):
					require.Contains(t, role.path, "CodePipelineActionRole")
				default:
					requireController(t, a, role, principal, one)
				}
			}
		}
	})
}

// requireController checks the one trust that crosses accounts: that of a Flux
// controller, by its account and, as a condition, its role.
func requireController(t *testing.T, a *assembly, role *resource, principal string, one statement) {
	t.Helper()
	account := strings.TrimSuffix(strings.TrimPrefix(principal, "AWS:arn:aws:iam::"), ":root")
	require.Contains(t, a.platform.Accounts(), account, "%s trusts %s", role.path, principal)
	require.NotEqual(t, a.platform.Delivery.Account, account, role.path)
	name, found := strings.CutSuffix(role.get("RoleName").(string), "-target")
	require.True(t, found, role.path)
	require.Equal(t, map[string]any{
		"ArnEquals": map[string]any{"aws:PrincipalArn": "arn:aws:iam::" + account + ":role/" + name},
	}, one.condition, role.path)
}

// A build pushes to its own app's repository and reads its own pipeline's source:
// of other stacks it knows the key and the bucket of the artifacts alone.
func TestBuildsTouchTheirOwnAppOnly(t *testing.T) {
	eachApp(t, func(t *testing.T, a *assembly, s *template, _ config.App) {
		for _, role := range s.all("AWS::IAM::Role") {
			for _, one := range s.permissions(role) {
				for _, action := range one.actions {
					if strings.HasPrefix(action, "ecr:") && action != "ecr:GetAuthorizationToken" {
						require.Equal(t, []string{"${Images.Arn}"}, one.resources, role.path)
					}
					require.NotContains(t, []string{"ecr:BatchDeleteImage", "ecr:DeleteRepository", "ecr:SetRepositoryPolicy", "ecr:PutLifecyclePolicy", "codecommit:GitPush"}, action, role.path)
				}
			}
		}
		walk(s.body["Resources"], func(value any) {
			if export, ok := dig(value, "Fn::ImportValue").(string); ok {
				from, r := a.exporter(t, export)
				require.Contains(t, []string{"delivery/Key/Resource", "delivery/Artifacts/Bucket/Resource", "delivery/Alerts/Topic/Resource"}, from.name+"/"+r.path)
			}
		})
	})
}

// A build talks to these services; that is all it has to do with AWS.
func TestBuildsUseFewServices(t *testing.T) {
	eachApp(t, func(t *testing.T, _ *assembly, s *template, _ config.App) {
		for _, project := range s.all("AWS::CodeBuild::Project") {
			for _, one := range s.permissions(s.byID(t, references(project.get("ServiceRole"))[0])) {
				for _, action := range one.actions {
					service, _, _ := strings.Cut(action, ":")
					require.Contains(t, []string{"ecr", "inspector2", "kms", "logs", "s3"}, service, "%s: %s", project.path, action)
				}
			}
		}
	})
}
