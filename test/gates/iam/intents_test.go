package iam

import (
	"testing"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/gatetest"
)

func TestIntents(t *testing.T) {
	asker := newAsker(t, true)
	for _, f := range []fault{
		{"a build that cannot push", "default", "app-hello", policyKind, buildPath, func(p object, _ *assembly.Resource) {
			p["PolicyDocument"].(object)["Statement"] = p["PolicyDocument"].(object)["Statement"].([]any)[:2]
		}, "missing-right", "cannot ecr:PutImage", ""},
		{"a build that is denied", "default", "app-hello", policyKind, buildPath, grantTo(object{"Effect": "Deny", "Action": "ecr:PutImage", "Resource": "*"}), "missing-right", "cannot ecr:PutImage", ""},
		{"a build that sees clusters", "default", "app-hello", policyKind, buildPath, grantTo(allow("eks:DescribeCluster", cluster)), "forbidden-right", "can eks:DescribeCluster", ""},
		{"a build that writes config", "default", "app-hello", policyKind, buildPath, grantTo(allow("codecommit:GitPush", config)), "beyond-purpose", "a build, may codecommit:GitPush", ""},
		{"a build that deletes images", "default", "app-hello", policyKind, buildPath, grantTo(allow("ecr:BatchDeleteImage", object{"Fn::GetAtt": "Images2D38C313.Arn"})), "forbidden-right", "can ecr:BatchDeleteImage", ""},
		{"a build of another's images", "default", "app-hello", policyKind, buildPath, grantTo(allow("ecr:PutImage", other)), "beyond-purpose", "repository/platform/other", ""},
		{"a pipeline that reaches clusters", "default", "app-hello", policyKind, "Pipeline/Role/DefaultPolicy", grantTo(allow("eks:AccessKubernetesApi", cluster)), "beyond-purpose", "a pipeline, may eks:AccessKubernetesApi", ""},
		{"an action that cannot build", "default", "app-hello", policyKind, "Build/Build/CodePipelineActionRole", change(0, "Action", "codebuild:BatchGetBuilds"), "missing-right", "cannot codebuild:StartBuild", ""},
		{"a rule of another pipeline", "default", "app-hello", policyKind, "EventsRole", change(0, "Resource", "arn:aws:codepipeline:us-east-1:111122223333:another"), "missing-right", "cannot codepipeline:StartPipelineExecution", ""},
		{"a check that cannot comment", "default", "delivery", policyKind, checkPath, func(p object, _ *assembly.Resource) {
			statements := p["PolicyDocument"].(object)["Statement"].([]any)
			p["PolicyDocument"].(object)["Statement"] = statements[:len(statements)-1]
		}, "missing-right", "cannot codecommit:PostCommentForPullRequest", ""},
		{"a check that approves", "default", "delivery", policyKind, checkPath, grantTo(allow("codecommit:UpdatePullRequestApprovalState", config)), "forbidden-right", "can codecommit:UpdatePullRequestApprovalState", ""},
		{"a check that pushes", "default", "delivery", policyKind, checkPath, grantTo(allow("codecommit:GitPush", config)), "forbidden-right", "can codecommit:GitPush", ""},
		{"a check that pushes images", "default", "delivery", policyKind, checkPath, grantTo(allow("ecr:PutImage", "*")), "beyond-purpose", "a check, may ecr:PutImage", ""},
		{"a rule that cannot check", "default", "delivery", policyKind, "ConfigCheck/Build/EventsRole", change(0, "Resource", "arn:aws:codebuild:us-east-1:111122223333:project/another"), "missing-right", "cannot codebuild:StartBuild", ""},
		{"a source-controller that pushes", "default", "dev-gitops", policyKind, "source-controller", change(0, "Action", []any{"codecommit:GitPull", "codecommit:GitPush"}), "beyond-purpose", "source-controller, may codecommit:GitPush", ""},
		{"a source-controller that cannot pull", "default", "dev-gitops", policyKind, "source-controller", change(0, "Resource", "arn:aws:codecommit:us-east-1:111122223333:platform-configs"), "missing-right", "cannot codecommit:GitPull", ""},
		{"a push to any branch", "default", "dev-gitops", policyKind, "image-automation", func(p object, _ *assembly.Resource) { delete(statementOf(p, 1), "Condition") }, "forbidden-right", otherBranch, ""},
		{"a push to the branch of another environment", "prod-like", "delivery", policyKind, "dev-image-automation", func(p object, _ *assembly.Resource) {
			statementOf(p, 1)["Condition"] = object{"StringEqualsIfExists": object{"codecommit:References": []any{"refs/heads/main", "refs/heads/release"}}}
		}, "forbidden-right", "refs/heads/release", ""},
		{"a reflector that pushes", "default", "dev-gitops", policyKind, "image-reflector", grantTo(allow("ecr:PutImage", object{"Fn::Sub": "arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/platform/hello"})), "forbidden-right", "can ecr:PutImage", ""},
		{"another key", "default", "dev-cluster", policyKind, "kustomize-controller", change(0, "Resource", "arn:aws:kms:us-east-1:111122223333:key/other"), "missing-right", "cannot kms:Decrypt", ""},
		{"a handler that hands out rights", "default", "dev-cluster", policyKind, "Handler/ServiceRole", grantTo(allow("iam:AttachRolePolicy", object{"Fn::GetAtt": "ClusterNodeRole687A61BB.Arn"})), "forbidden-right", "can iam:AttachRolePolicy", ""},
		{"a handler that cannot see the cluster", "default", "dev-cluster", policyKind, "Handler/ServiceRole", change(0, "Action", "eks:ListClusters"), "missing-right", "cannot eks:DescribeCluster", ""},
		{"a handler that may do more", "default", "dev-network", roleKind, "Zones/Handler/Role", ours("Ask", "ec2:DescribeInstances"), "beyond-purpose", "the handler of Custom::AvailabilityZones, may ec2:DescribeInstances", ""},
		{"a handler that cannot ask", "default", "dev-network", roleKind, "Zones/Handler/Role", ours("Ask", "ec2:DescribeRegions"), "missing-right", "cannot ec2:DescribeAvailabilityZones", ""},
		{"a handler without a log", "default", "dev-network", roleKind, "Zones/Handler/Role", ours("WriteLog", "logs:PutLogEvents"), "missing-right", "cannot logs:CreateLogStream", ""},
		{"a handler that cannot clean up", "default", "dev-cluster", roleKind, "ControlPlane/Handler/Role", ours("Ask", "logs:CreateLogGroup"), "missing-right", "cannot logs:DeleteLogGroup", ""},
		{"a pull request that deploys", "github", "ci", policyKind, "Diff", grantTo(allow("sts:AssumeRole", "arn:aws:iam::111111111111:role/cdk-hnb659fds-deploy-role-111111111111-eu-west-1")), "forbidden-right", "can sts:AssumeRole", ""},
		{"a deployment by the all-powerful role", "github", "ci", policyKind, "Deploy", grantTo(allow("sts:AssumeRole", "arn:aws:iam::111111111111:role/cdk-hnb659fds-cfn-exec-role-111111111111-eu-west-1")), "beyond-purpose", "cfn-exec", ""},
		{"nobody publishes", "default", "delivery", "AWS::SNS::TopicPolicy", "", change(1, "Principal", object{"Service": "lambda.amazonaws.com"}), "missing-right", "events.amazonaws.com cannot sns:Publish", "Alerts/Topic/Resource"},
		{"events without the key", "default", "delivery", "AWS::KMS::Key", "", change(1, "Action", "kms:Encrypt"), "missing-right", "events.amazonaws.com cannot kms:GenerateDataKey", ""},
	} {
		t.Run(f.name, func(t *testing.T) { f.test(t, asker) })
	}
}

// ours sets the action of a statement of one of our handlers' roles.
func ours(sid, action string) func(object, *assembly.Resource) {
	return func(p object, _ *assembly.Resource) {
		for _, policy := range p["Policies"].([]any) {
			for _, statement := range policy.(object)["PolicyDocument"].(object)["Statement"].([]any) {
				if statement.(object)["Sid"] == sid {
					statement.(object)["Action"] = action
				}
			}
		}
	}
}

// A role of another account that would not let the controller in is missed
// where the controller is.
func TestTargetsTrustTheirController(t *testing.T) {
	a := gatetest.Synth(t, "prod-like")
	statementOf(pick(t, a, "delivery", roleKind, "prod-source-controller").Properties, 0)["Condition"] = object{
		"ArnEquals": object{"aws:PrincipalArn": "arn:aws:iam::222222222222:role/another"},
	}
	requireFinding(t, newAsker(t, true)(a), "missing-right", pick(t, a, "prod-gitops", policyKind, "source-controller"), "prod-source-controller-target")
}

// Across accounts, a right needs both sides: what lacks the resource's is missed where the role's is.
func TestAcross(t *testing.T) {
	ask := newAsker(t, true)
	const listing = "ecr:ListImages on arn:aws:ecr:eu-central-1:333333333333:repository/acme/shop, which is in the account 333333333333"
	images := func(edit func(p, statement object)) func(*testing.T, *assembly.Assembly) {
		return func(t *testing.T, a *assembly.Assembly) {
			p := pick(t, a, "app-shop", "AWS::ECR::Repository", "").Properties
			edit(p, p["RepositoryPolicyText"].(object)["Statement"].([]any)[0].(object))
		}
	}
	source := func(action, arn string) func(*testing.T, *assembly.Assembly) {
		return func(t *testing.T, a *assembly.Assembly) {
			r := pick(t, a, "prod-gitops", policyKind, "source-controller")
			grantTo(allow(action, arn))(r.Properties, r)
		}
	}
	for _, f := range []struct {
		name             string
		edit             func(*testing.T, *assembly.Assembly)
		controller, says string
	}{
		{"images that are pulled only", images(func(_, statement object) {
			statement["Action"] = []any{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
		}), "image-reflector-controller", listing},
		{"images for another account", images(func(_, statement object) {
			statement["Principal"] = object{"AWS": "arn:aws:iam::111111111111:root"}
		}), "image-reflector-controller", listing},
		{"images without a policy", images(func(p, _ object) { delete(p, "RepositoryPolicyText") }), "image-reflector-controller", listing},
		{"CodeCommit", source("codecommit:GitPull", "arn:aws:codecommit:eu-central-1:333333333333:acme-config"), "source-controller", "delivery/Config/Repository/Resource does not allow it"},
		{"a key", source("kms:Decrypt", "arn:aws:kms:eu-central-1:333333333333:key/acme-delivery-Key961B73FD"), "source-controller", "delivery/Key/Resource does not allow it"},
	} {
		t.Run(f.name, func(t *testing.T) {
			a := gatetest.Synth(t, "prod-like")
			f.edit(t, a)
			requireFinding(t, ask(a), "across", pick(t, a, "prod-gitops", policyKind, f.controller), f.says)
		})
	}
}
