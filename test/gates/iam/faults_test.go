package iam

import (
	"testing"

	"gitops-eks/test/gates/assembly"
)

const (
	policyKind = "AWS::IAM::Policy"
	roleKind   = "AWS::IAM::Role"
	buildPath  = "Build/Role/DefaultPolicy"
	checkPath  = "ConfigCheck/Build/Role/DefaultPolicy"
)

const (
	other   = "arn:aws:ecr:us-east-1:111122223333:repository/platform/other"
	config  = "arn:aws:codecommit:us-east-1:111122223333:platform-config"
	cluster = "arn:aws:eks:us-east-1:111122223333:cluster/platform-dev"
)

func TestPolicies(t *testing.T) {
	reader := newAsker(t, false)
	for _, f := range []fault{
		// what a policy says
		{"an unknown service", "default", "app-hello", policyKind, buildPath, change(0, "Action", "lgos:PutLogEvents"), "unknown-service", `"lgos"`, ""},
		{"an unknown action", "default", "app-hello", policyKind, buildPath, change(0, "Action", "logs:PutLogEvent"), "unknown-action", "logs:PutLogEvent", ""},
		{"a pattern of no action", "default", "app-hello", policyKind, buildPath, change(0, "Action", "logs:Pust*"), "unknown-action", "logs:Pust*", ""},
		{"no service", "default", "app-hello", policyKind, buildPath, change(0, "Action", "PutLogEvents"), "unknown-action", "want service:Action", ""},
		{"no ARN", "default", "app-hello", policyKind, buildPath, change(0, "Resource", "platform-logs"), "malformed-arn", "platform-logs", ""},
		{"a partition that is none", "default", "app-hello", policyKind, buildPath, change(0, "Resource", "arn:amazon:logs:us-east-1:111122223333:log-group:x:*"), "malformed-arn", `"amazon"`, ""},
		{"a Region that is none", "default", "app-hello", policyKind, buildPath, change(0, "Resource", "arn:aws:logs:us-est-1:111122223333:log-group:x:*"), "malformed-arn", `"us-est-1"`, ""},
		{"a short account", "default", "app-hello", policyKind, buildPath, change(0, "Resource", "arn:aws:logs:us-east-1:11112222:log-group:x:*"), "malformed-arn", `"11112222"`, ""},
		{"objects of a bucket itself", "default", "app-hello", policyKind, "Build/CodePipelineActionRole/DefaultPolicy", grantTo(allow("s3:GetObject", "arn:aws:s3:::bucket")), "wrong-resource", "s3:GetObject acts on", ""},
		{"an action of another service's resource", "default", "app-hello", policyKind, buildPath, grantTo(allow("ecr:PutImage", cluster)), "wrong-resource", "ecr:PutImage", ""},
		{"a resource for an action without", "default", "app-hello", policyKind, buildPath, grantTo(allow("ecr:GetAuthorizationToken", other)), "wrong-resource", "knows no resource", ""},
		{"an unknown effect", "default", "app-hello", policyKind, buildPath, change(0, "Effect", "Permit"), "policy-syntax", "Effect", ""},
		{"an unknown element", "default", "app-hello", policyKind, buildPath, change(0, "Actions", "a"), "policy-syntax", "Actions", ""},
		{"an unknown key", "default", "app-hello", policyKind, buildPath, change(0, "Condition", object{"StringEquals": object{"aws:SourceAcount": "1"}}), "unknown-condition-key", "aws:SourceAcount", ""},
		{"a key of another service", "default", "app-hello", policyKind, buildPath, change(0, "Condition", object{"StringEquals": object{"codecommit:References": "a"}}), "unknown-condition-key", "none of logs:CreateLogStream", ""},
		{"an unknown operator", "default", "app-hello", policyKind, buildPath, change(0, "Condition", object{"StringIs": object{"aws:SourceAccount": "1"}}), "unknown-operator", "StringIs", ""},
		{"an operator of another type", "default", "app-hello", policyKind, buildPath, change(0, "Condition", object{"NumericEquals": object{"aws:SourceAccount": "1"}}), "unknown-operator", "NumericEquals compares", ""},
		{"a boolean that is none", "default", "app-hello", policyKind, buildPath, change(0, "Condition", object{"Bool": object{"aws:SecureTransport": "yes"}}), "condition-value", `"yes"`, ""},
		{"every action", "default", "app-hello", policyKind, buildPath, change(0, "Action", "*"), "wide-action", `"*"`, ""},
		{"every action of a service", "default", "app-hello", policyKind, buildPath, change(0, "Action", "logs:*"), "wide-action", `"logs:*"`, ""},
		{"every resource", "default", "app-hello", policyKind, buildPath, change(0, "Resource", "*"), "wide-resource", "logs:PutLogEvents", ""},
		{"every repository", "default", "app-hello", policyKind, buildPath, grantTo(allow("ecr:BatchGetImage", "arn:aws:ecr:us-east-1:111122223333:repository/*")), "wide-resource", "every resource of its kind", ""},
		{"all but some actions", "default", "app-hello", policyKind, buildPath, grantTo(object{"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"}), "not-action", "NotAction", ""},
		{"all but some resources", "default", "app-hello", policyKind, buildPath, grantTo(object{"Effect": "Allow", "Action": "ecr:PutImage", "NotResource": other}), "not-resource", "NotResource", ""},
		{"passing any role", "default", "app-hello", policyKind, buildPath, grantTo(allow("iam:PassRole", "*")), "privilege-escalation", "iam:PassRole", ""},
		{"taking any role", "default", "app-hello", policyKind, "Pipeline/Role/DefaultPolicy", grantTo(allow("sts:AssumeRole", "arn:aws:iam::111122223333:role/*")), "privilege-escalation", "every role", ""},
		{"changing rights in the cluster", "default", "dev-cluster", policyKind, "Handler/ServiceRole", grantTo(allow("eks:CreateAccessEntry", cluster)), "privilege-escalation", "eks:CreateAccessEntry", ""},

		// who is trusted
		{"an unknown service principal", "default", "app-hello", roleKind, "Build/Role", change(0, "Principal", object{"Service": "code-build.amazonaws.com"}), "unknown-principal", "code-build", ""},
		{"a service of another role", "default", "app-hello", roleKind, "Build/Role", change(0, "Principal", object{"Service": "codedeploy.amazonaws.com"}), "role-trust", "codebuild.amazonaws.com has to take it", ""},
		{"a node that is a function", "default", "dev-cluster", roleKind, "NodeRole", change(0, "Principal", object{"Service": "lambda.amazonaws.com"}), "role-trust", "ec2.amazonaws.com has to take it", ""},
		{"pods without tags", "default", "dev-gitops", roleKind, "source-controller", change(0, "Action", "sts:AssumeRole"), "trust-action", "needs sts:TagSession", ""},
		{"a service with a token", "default", "app-hello", roleKind, "Build/Role", change(0, "Action", "sts:AssumeRoleWithWebIdentity"), "trust-action", "needs sts:AssumeRole", ""},
		{"everybody takes a role", "default", "app-hello", roleKind, "Build/Role", grantTo(object{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"AWS": "*"}}), "public", "everybody", ""},
		{"a stranger takes a role", "prod-like", "app-shop", roleKind, "Build/Role", grantTo(object{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"AWS": "arn:aws:iam::999999999999:role/x"}}), "foreign-account", "999999999999", ""},
		{"an account takes a role", "default", "app-hello", roleKind, "Build/Role", grantTo(object{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"AWS": "arn:aws:iam::111122223333:root"}}), "wide-trust", "every principal", ""},
		{"everybody publishes", "default", "delivery", "AWS::SNS::TopicPolicy", "", grantTo(object{"Effect": "Allow", "Action": "sns:Publish", "Principal": "*", "Resource": object{"Ref": "AlertsTopicCF7C81C9"}}), "public", "everybody", ""},
		{"everybody decrypts", "default", "dev-cluster", "AWS::KMS::Key", "", grantTo(object{"Effect": "Allow", "Action": "kms:Decrypt", "Principal": object{"AWS": "*"}, "Resource": "*"}), "public", "everybody", ""},
		{"a policy of another bucket", "default", "delivery", "AWS::S3::BucketPolicy", "Artifacts/Bucket", change(0, "Resource", "arn:aws:s3:::another"), "other-resource", "arn:aws:s3:::another", ""},
		{"any token", "github", "ci", roleKind, "Deploy", change(0, "Condition", object{"StringEquals": object{"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}), "wide-federation", "whatever their sub is", ""},
		{"any branch", "github", "ci", roleKind, "Deploy", change(0, "Condition", object{"StringLike": object{"token.actions.githubusercontent.com:aud": "sts.amazonaws.com", "token.actions.githubusercontent.com:sub": "repo:acme/*"}}), "wide-federation", "repo:acme/*", ""},
		{"another provider's claims", "github", "ci", roleKind, "Deploy", change(0, "Condition", object{"StringEquals": object{"token.actions.github.com:sub": "a"}}), "unknown-condition-key", "token.actions.github.com:sub", ""},

		// what uses a role
		{"a role for nothing", "default", "app-hello", "AWS::CodeBuild::Project", "", func(p object, _ *assembly.Resource) {
			p["ServiceRole"] = "arn:aws:iam::111122223333:role/somebody"
		}, "unused-role", "nothing in the assembly uses the role", "Build/Role/Resource"},

		// policies of AWS
		{"a misspelt policy", "default", "dev-cluster", roleKind, "NodeRole", func(p object, _ *assembly.Resource) {
			p["ManagedPolicyArns"].([]any)[0] = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimal"
		}, "managed-policy", "did you mean AmazonEKSWorkerNodeMinimalPolicy", ""},
		{"a policy without its path", "default", "dev-network", roleKind, "Restrict", func(p object, _ *assembly.Resource) {
			p["ManagedPolicyArns"] = []any{"arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole"}
		}, "managed-policy", "service-role/AWSLambdaBasicExecutionRole", ""},
		{"an administrator", "default", "app-hello", roleKind, "Build/Role", func(p object, _ *assembly.Resource) {
			p["ManagedPolicyArns"] = []any{"arn:aws:iam::aws:policy/AdministratorAccess"}
		}, "admin-policy", "AdministratorAccess", ""},
		{"no ARN of a policy", "default", "app-hello", roleKind, "Build/Role", func(p object, _ *assembly.Resource) {
			p["ManagedPolicyArns"] = []any{"AdministratorAccess"}
		}, "managed-policy", "no policy's ARN", ""},
		{"a node that pulls no image", "default", "dev-cluster", roleKind, "NodeRole", func(p object, _ *assembly.Resource) {
			p["ManagedPolicyArns"] = p["ManagedPolicyArns"].([]any)[:1]
		}, "missing-policy", "AmazonEC2ContainerRegistryPullOnly", ""},
		{"an unknown access policy", "default", "dev-cluster", "AWS::EKS::AccessEntry", "", func(p object, _ *assembly.Resource) {
			p["AccessPolicies"].([]any)[0].(object)["PolicyArn"] = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdmin"
		}, "access-policy", "AmazonEKSClusterAdmin", ""},
		{"a policy of IAM for a cluster", "default", "dev-cluster", "AWS::EKS::AccessEntry", "", func(p object, _ *assembly.Resource) {
			p["AccessPolicies"].([]any)[0].(object)["PolicyArn"] = "arn:aws:iam::aws:policy/AmazonEKSClusterAdminPolicy"
		}, "access-policy", "arn:aws:iam::aws:policy", ""},
		{"nodes as administrators", "default", "dev-cluster", "AWS::EKS::AccessEntry", "", func(p object, r *assembly.Resource) {
			for _, role := range r.Stack.All(roleKind) {
				if role.Path == "dev-cluster/Cluster/NodeRole/Resource" {
					p["PrincipalArn"] = object{"Fn::GetAtt": []any{role.LogicalID, "Arn"}}
				}
			}
		}, "cluster-access", "reaches the cluster", ""},
	} {
		t.Run(f.name, func(t *testing.T) { f.test(t, reader) })
	}
}
