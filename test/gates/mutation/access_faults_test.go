package mutation

import "testing"

var (
	deployRole   = at("ci", "AWS::IAM::Role", "GitHub/Deploy")
	diffRole     = at("ci", "AWS::IAM::Role", "GitHub/Diff")
	driftRole    = at("ci", "AWS::IAM::Role", "GitHub/Drift")
	deployPolicy = at("ci", "AWS::IAM::Policy", "GitHub/Deploy")
	diffPolicy   = at("ci", "AWS::IAM::Policy", "GitHub/Diff")
	tokens       = at("ci", "AWS::IAM::OIDCProvider", "")
	targetRole   = at("delivery", "AWS::IAM::Role", "prod-source-controller")
	prodSource   = at("prod-gitops", "AWS::EKS::PodIdentityAssociation", "source-controller")
	prodAssumes  = at("prod-gitops", "AWS::IAM::Policy", "source-controller")
	shopImages   = at("app-shop", "AWS::ECR::Repository", "")
	imagePolicy  = at("dev-gitops", "AWS::IAM::Policy", "image-reflector-controller")
	pushPolicy   = at("dev-gitops", "AWS::IAM::Policy", "image-automation-controller")
	bucketPolicy = at("delivery", "AWS::S3::BucketPolicy", "Artifacts/Bucket")
	logsPolicy   = at("delivery", "AWS::S3::BucketPolicy", "Artifacts/AccessLog")
	topicPolicy  = at("delivery", "AWS::SNS::TopicPolicy", "")
	prodViewer   = at("prod-cluster", "AWS::EKS::AccessEntry", "Viewers")
	prodAdmin    = at("prod-cluster", "AWS::EKS::AccessEntry", "Admins/arn:aws:iam::222222222222:role-Admin")
)

// claim is a claim of GitHub's tokens in a role's trust.
func claim(name string) []any {
	return []any{"AssumeRolePolicyDocument", "Statement", 0, "Condition", "StringEquals", "token.actions.githubusercontent.com:" + name}
}

var moreIAMFaults = []fault{
	{name: "all but one action", gate: "iam", at: buildPolicy, edits: []edit{add(map[string]any{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "PolicyDocument", "Statement")}},
	{name: "all but one resource", gate: "iam", at: buildPolicy, edits: []edit{add(map[string]any{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::secret/*"}, "PolicyDocument", "Statement")}},
	{name: "any role may be passed", gate: "iam", at: buildPolicy, edits: []edit{add(allow("*", "iam:PassRole"), "PolicyDocument", "Statement")}},
	{name: "any role may be taken", gate: "iam", at: buildPolicy, edits: []edit{add(allow("*", "sts:AssumeRole"), "PolicyDocument", "Statement")}},
	{name: "any secret may be read", gate: "iam", at: buildPolicy, edits: []edit{add(allow("*", "secretsmanager:GetSecretValue"), "PolicyDocument", "Statement")}},
	{name: "builds may delete images", gate: "iam", at: buildPolicy, edits: []edit{add(allow(getAtt("Images2D38C313", "Arn"), "ecr:*"), "PolicyDocument", "Statement")}},
	{name: "builds may write the desired state", gate: "iam", at: buildPolicy, edits: []edit{add(allow(as("Fn::Sub", "arn:${AWS::Partition}:codecommit:${AWS::Region}:${AWS::AccountId}:platform-config"), "codecommit:GitPush"), "PolicyDocument", "Statement")}, says: []place{buildPolicy, at("app-hello", "AWS::IAM::Role", "Delivery/Build/Role")}},
	{name: "an effect that is none", gate: "iam", at: sourcePolicy, edits: []edit{set("allow", "PolicyDocument", "Statement", 0, "Effect")}},
	{name: "a statement without resources", gate: "iam", at: sourcePolicy, edits: []edit{drop("PolicyDocument", "Statement", 0, "Resource")}},
	{name: "a policy without statements", gate: "incluster", at: sourcePolicy, edits: []edit{set([]any{}, "PolicyDocument", "Statement")}, says: []place{sourcePolicy, sourceRole}},
	{name: "a Deny instead of an Allow", gate: "incluster", at: sourcePolicy, edits: []edit{set("Deny", "PolicyDocument", "Statement", 0, "Effect")}, says: []place{sourcePolicy, sourceRole}},
	{name: "a policy of no role", gate: "rules", at: sourcePolicy, edits: []edit{set([]any{}, "Roles")}, says: []place{sourcePolicy, sourceRole}},
	{name: "a policy at another role", gate: "rules", at: sourcePolicy, edits: []edit{set([]any{ref("imagereflectorcontrollerRoleB5887C0D")}, "Roles")}, says: []place{sourcePolicy, sourceRole, at("dev-gitops", "AWS::IAM::Role", "image-reflector")}},
	{name: "a role with all rights in its own lines", gate: "iam", at: sourceRole, edits: []edit{set([]any{map[string]any{"PolicyName": "all", "PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{allow("*", "*")}}}}, "Policies")}},
	{name: "a managed policy with all rights in IAM", gate: "iam", at: sourceRole, edits: []edit{set([]any{"arn:aws:iam::aws:policy/IAMFullAccess"}, "ManagedPolicyArns")}},
	{name: "a user with an access key", gate: "rules", at: topic, edits: unchanged, says: []place{declared("delivery", "Robot"), declared("delivery", "RobotKey")}, beside: func(t map[string]any) {
		another("Robot", "AWS::IAM::User", map[string]any{})(t)
		another("RobotKey", "AWS::IAM::AccessKey", map[string]any{"UserName": ref("Robot")})(t)
	}},
	{name: "a function that everyone may call", gate: "rules", at: handler, edits: unchanged, says: []place{declared("dev-cluster", "Open")}, beside: another("Open", "AWS::Lambda::Permission", map[string]any{"FunctionName": ref("ClusterKubectlProviderHandler93C0312D"), "Action": "lambda:InvokeFunction", "Principal": "*"})},
	{name: "a function with an address for everyone", gate: "rules", at: handler, edits: unchanged, says: []place{declared("dev-cluster", "Open")}, beside: another("Open", "AWS::Lambda::Url", map[string]any{"TargetFunctionArn": getAtt("ClusterKubectlProviderHandler93C0312D", "Arn"), "AuthType": "NONE"})},
	{name: "a stranger's account may take the role", gate: "rules", at: sourceRole, edits: []edit{set(map[string]any{"AWS": "arn:aws:iam::999999999999:root"}, "AssumeRolePolicyDocument", "Statement", 0, "Principal")}},
	{name: "a repository in the wrong partition", gate: "rules", at: sourcePolicy, edits: []edit{set("arn:aws-cn:codecommit:us-east-1:111111111111:platform-config", "PolicyDocument", "Statement", 0, "Resource")}, says: []place{sourcePolicy, sourceRole}},
	{name: "an ARN with a colon too few", gate: "incluster", at: sourcePolicy, edits: []edit{swap(":codecommit:", ":codecommit", "PolicyDocument")}, says: []place{sourcePolicy, sourceRole}},
	{name: "the registry's images of another app", gate: "rules", at: imagePolicy, edits: []edit{swap("platform/hello", "platform/hallo", "PolicyDocument")}, says: []place{imagePolicy, at("dev-gitops", "AWS::IAM::Role", "image-reflector")}},
	{name: "a log-in for one repository", gate: "incluster", at: imagePolicy, edits: []edit{set(as("Fn::Sub", "arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/platform/hello"), "PolicyDocument", "Statement", 0, "Resource")}, says: []place{imagePolicy, at("dev-gitops", "AWS::IAM::Role", "image-reflector")}},
	{name: "Flux may push to every branch", gate: "iam", at: pushPolicy, edits: []edit{drop("PolicyDocument", "Statement", 1, "Condition")}, says: []place{pushPolicy, at("dev-gitops", "AWS::IAM::Role", "image-automation")}},
	{name: "Flux may push to another branch", gate: "iam", at: pushPolicy, edits: []edit{swap("refs/heads/main", "refs/heads/master", "PolicyDocument")}, says: []place{pushPolicy, at("dev-gitops", "AWS::IAM::Role", "image-automation")}},
	{name: "nobody rules the key", gate: "rules", at: clusterKey, edits: []edit{swap(":root", ":role/gone", "KeyPolicy")}},
	{name: "events may do all with the key", gate: "iam", at: deliveryKey, edits: []edit{set("kms:*", "KeyPolicy", "Statement", 1, "Action")}},
	{name: "events may not use the key", gate: "rules", at: deliveryKey, edits: []edit{set([]any{}, "KeyPolicy", "Statement"), set([]any{map[string]any{"Action": "kms:*", "Effect": "Allow", "Principal": map[string]any{"AWS": as("Fn::Sub", "arn:${AWS::Partition}:iam::${AWS::AccountId}:root")}, "Resource": "*"}}, "KeyPolicy", "Statement")}, says: []place{deliveryKey, topic, failedBuild, failedPipe}},
	{name: "a Deny becomes an Allow", gate: "iam", at: bucketPolicy, edits: []edit{set("Allow", "PolicyDocument", "Statement", 0, "Effect")}},
	{name: "encryption in transit is not asked for", gate: "rules", at: bucketPolicy, edits: []edit{set("arn:aws:s3:::other", "PolicyDocument", "Statement", 0, "Resource")}, says: []place{bucketPolicy, artifacts}},
	{name: "artifacts for everyone", gate: "rules", at: bucketPolicy, edits: []edit{add(map[string]any{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": as("Fn::Sub", "${ArtifactsBucket88671897.Arn}/*")}, "PolicyDocument", "Statement")}},
	{name: "access logs from anywhere", gate: "rules", variant: "two-platforms", at: logsPolicy, edits: []edit{drop("PolicyDocument", "Statement", 3, "Condition")}},
	{name: "access logs from nowhere", gate: "iam", at: logsPolicy, edits: []edit{swap("logging.s3.amazonaws.com", "logs.s3.amazonaws.com", "PolicyDocument")}},
	{name: "events may not publish", gate: "iam", at: topicPolicy, edits: []edit{swap("events.amazonaws.com", "event.amazonaws.com", "PolicyDocument")}},
	{name: "everyone may publish", gate: "rules", at: topicPolicy, edits: []edit{set("Allow", "PolicyDocument", "Statement", 0, "Effect"), drop("PolicyDocument", "Statement", 0, "Condition")}},
	{name: "the topic has no policy", gate: "rules", at: topicPolicy, edits: []edit{gone}, says: []place{topic, failedBuild, failedPipe}},
	{name: "the pipeline's role is CodeBuild's", gate: "iam", at: at("app-hello", "AWS::IAM::Role", "Delivery/Pipeline/Role"), edits: []edit{set("codebuild.amazonaws.com", "AssumeRolePolicyDocument", "Statement", 0, "Principal", "Service")}},
	{name: "an action's role for the whole account", gate: "rules", at: at("app-hello", "AWS::IAM::Role", "Build/Build/CodePipelineActionRole"), edits: []edit{set("*", "AssumeRolePolicyDocument", "Statement", 0, "Principal", "AWS")}},
	{name: "the handler has no access", gate: "rules", at: adminAccess, edits: []edit{drop("AccessPolicies")}},
	{name: "access for a session", gate: "rules", at: adminAccess, edits: []edit{set("arn:aws:sts::111111111111:assumed-role/Admin/me", "PrincipalArn")}},
	{name: "access for the whole account", gate: "rules", at: adminAccess, edits: []edit{set("arn:aws:iam::111111111111:root", "PrincipalArn")}},
	{name: "the group of masters", gate: "rules", at: adminAccess, edits: []edit{set([]any{"system:masters"}, "KubernetesGroups")}},
	{name: "the handler may change the cluster", gate: "iam", at: at("dev-cluster", "AWS::IAM::Policy", "KubectlProvider/Handler/ServiceRole"), edits: []edit{set("eks:*", "PolicyDocument", "Statement", 0, "Action")}},
	{name: "Pod Identity from anywhere", gate: "rules", at: sourceRole, edits: []edit{set(map[string]any{"AWS": "*"}, "AssumeRolePolicyDocument", "Statement", 0, "Principal")}},
	{name: "a trust in every cluster", gate: "rules", at: at("dev-gitops", "AWS::IAM::Role", "source-controller"), edits: []edit{drop("AssumeRolePolicyDocument", "Statement", 0, "Condition")}},
	{name: "a trust without TagSession", gate: "rules", at: at("dev-cluster", "AWS::IAM::Role", "kustomize-controller"), edits: []edit{set("sts:AssumeRole", "AssumeRolePolicyDocument", "Statement", 0, "Action")}},
	{name: "Auto Mode's role lacks its policies", gate: "rules", at: at("dev-cluster", "AWS::IAM::Role", "Cluster/Cluster/Role"), edits: []edit{swap("AmazonEKSComputePolicy", "AmazonEKSClusterPolicy", "ManagedPolicyArns")}, says: []place{cluster, at("dev-cluster", "AWS::IAM::Role", "Cluster/Cluster/Role")}},
	{name: "Auto Mode's nodes pull no images", gate: "rules", at: at("dev-cluster", "AWS::IAM::Role", "NodeRole"), edits: []edit{set([]any{as("Fn::Sub", "arn:${AWS::Partition}:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy")}, "ManagedPolicyArns")}, says: []place{cluster, at("dev-cluster", "AWS::IAM::Role", "NodeRole")}},
	{name: "the framework may not call the handler", gate: "rules", at: at("dev-cluster", "AWS::IAM::Policy", "framework-onEvent"), edits: []edit{gone}, says: []place{framework, at("dev-cluster", "AWS::IAM::Role", "framework-onEvent")}},
	{name: "flow logs may not be written", gate: "rules", at: at("dev-network", "AWS::IAM::Policy", "FlowLog"), edits: []edit{swap("logs:PutLogEvents", "logs:GetLogEvents", "PolicyDocument")}, says: []place{flowLogs, at("dev-network", "AWS::IAM::Policy", "FlowLog"), at("dev-network", "AWS::IAM::Role", "FlowLog")}},
	{name: "builds may not push", gate: "iam", at: buildPolicy, edits: []edit{swap("ecr:PutImage", "ecr:ListImages", "PolicyDocument")}, says: []place{buildPolicy, build, at("app-hello", "AWS::IAM::Role", "Delivery/Build/Role")}},
}

var accountFaults = append(of("github", []fault{
	{name: "every branch deploys", gate: "iam", at: deployRole, edits: []edit{drop(claim("sub")...)}},
	{name: "every repository deploys", gate: "iam", at: deployRole, edits: []edit{drop(claim("sub")...), set(map[string]any{"token.actions.githubusercontent.com:sub": "repo:*"}, "AssumeRolePolicyDocument", "Statement", 0, "Condition", "StringLike")}},
	{name: "an organization of a similar name deploys", gate: "iam", at: deployRole, edits: []edit{drop(claim("sub")...), set(map[string]any{"token.actions.githubusercontent.com:sub": "repo:acme*/platform*:*"}, "AssumeRolePolicyDocument", "Statement", 0, "Condition", "StringLike")}},
	{name: "pull requests deploy, too", gate: "iam", at: deployRole, edits: []edit{set([]any{"repo:acme@84790634/platform@1304267049:environment:aws", "repo:acme@84790634/platform@1304267049:pull_request"}, claim("sub")...)}},
	{name: "tokens for anyone", gate: "iam", at: deployRole, edits: []edit{drop(claim("aud")...)}},
	{name: "the claims are all optional", gate: "iam", at: deployRole, edits: []edit{func(_ *testing.T, body map[string]any) {
		statement := get(get(get(body["Properties"], "AssumeRolePolicyDocument"), "Statement"), 0).(map[string]any)
		statement["Condition"] = map[string]any{"StringEqualsIfExists": get(statement["Condition"], "StringEquals")}
	}}},
	{name: "the trust knows no condition", gate: "iam", at: deployRole, edits: []edit{drop("AssumeRolePolicyDocument", "Statement", 0, "Condition")}},
	{name: "a comparison deploys", gate: "iam", at: diffPolicy, edits: []edit{swap("lookup-role", "deploy-role", "PolicyDocument")}, says: []place{diffPolicy, diffRole}},
	{name: "a deployment takes any role", gate: "iam", at: deployPolicy, edits: []edit{set("*", "PolicyDocument", "Statement", 0, "Resource")}},
	{name: "a deployment takes any role of the toolkit", gate: "iam", at: deployPolicy, edits: []edit{set("arn:aws:iam::*:role/cdk-*", "PolicyDocument", "Statement", 0, "Resource")}},
	{name: "a deployment is an administrator", gate: "iam", at: deployRole, edits: []edit{set([]any{"arn:aws:iam::aws:policy/AdministratorAccess"}, "ManagedPolicyArns")}},
	{name: "tokens of another issuer", gate: "iam", at: tokens, edits: []edit{set("https://token.actions.github.com", "Url")}, says: []place{tokens, deployRole, diffRole, driftRole}},
	{name: "tokens of another client", gate: "iam", at: tokens, edits: []edit{set([]any{"https://github.com/acme"}, "ClientIdList")}, says: []place{tokens, deployRole, diffRole, driftRole}},
	{name: "a role of another account's name", gate: "iam", at: deployPolicy, edits: []edit{swap("deploy-role-222222222222-eu-central-1", "deploy-role-111111111111-eu-central-1", "PolicyDocument")}},
	{name: "a workflow's credentials for twelve hours", gate: "rules", at: deployRole, edits: []edit{set(43200, "MaxSessionDuration")}},
	{name: "two roles of one name", gate: "rules", at: diffRole, edits: []edit{set("acme-github-deploy", "RoleName")}, says: []place{diffRole, deployRole}},
}), of("prod-like", []fault{
	{name: "all of another account reads the desired state", gate: "iam", at: targetRole, edits: []edit{drop("AssumeRolePolicyDocument", "Statement", 0, "Condition")}},
	{name: "the target is forgotten", gate: "incluster", at: prodSource, edits: []edit{drop("TargetRoleArn")}, says: []place{prodSource, at("prod-gitops", "AWS::IAM::Role", "source-controller"), prodAssumes}},
	{name: "the role may not take its target", gate: "incluster", at: prodAssumes, edits: []edit{swap("acme-prod-source-controller-target", "acme-dev-source-controller-target", "PolicyDocument")}, says: []place{prodAssumes, prodSource, at("prod-gitops", "AWS::IAM::Role", "source-controller")}},
	{name: "images for everyone", gate: "rules", at: shopImages, edits: []edit{set("*", "RepositoryPolicyText", "Statement", 0, "Principal")}},
	{name: "images for everyone, a list", gate: "rules", at: shopImages, edits: []edit{set([]any{"*"}, "RepositoryPolicyText", "Statement", 0, "Principal", "AWS")}},
	{name: "prod may push images", gate: "rules", at: shopImages, edits: []edit{add("ecr:PutImage", "RepositoryPolicyText", "Statement", 0, "Action")}},
	{name: "prod may do all with images", gate: "rules", at: shopImages, edits: []edit{set("ecr:*", "RepositoryPolicyText", "Statement", 0, "Action")}},
	{name: "prod may not pull", gate: "rules", at: shopImages, edits: []edit{set([]any{"arn:aws:iam::111111111111:root"}, "RepositoryPolicyText", "Statement", 0, "Principal", "AWS")}},
	{name: "nobody may pull", gate: "rules", at: shopImages, edits: []edit{drop("RepositoryPolicyText")}},
	{name: "a viewer administers", gate: "rules", at: prodViewer, edits: []edit{swap("AmazonEKSViewPolicy", "AmazonEKSClusterAdminPolicy", "AccessPolicies")}},
	{name: "one principal has two entries", gate: "rules", at: prodViewer, edits: []edit{set("arn:aws:iam::222222222222:role/Admin", "PrincipalArn")}, says: []place{prodViewer, prodAdmin}},
	{name: "prod's images are dev's account's", gate: "incluster", at: at("prod-gitops", "AWS::IAM::Policy", "image-reflector"), edits: []edit{swap("333333333333", "111111111111", "PolicyDocument")}, says: []place{at("prod-gitops", "AWS::IAM::Policy", "image-reflector"), at("prod-gitops", "AWS::IAM::Role", "image-reflector")}},
	{name: "prod's API is open to the world", gate: "rules", at: at("prod-cluster", "AWS::EKS::Cluster", ""), edits: []edit{set([]any{"0.0.0.0/0"}, "ResourcesVpcConfig", "PublicAccessCidrs")}},
	{name: "prod's API is open to the world, in halves", gate: "rules", at: at("prod-cluster", "AWS::EKS::Cluster", ""), edits: []edit{set([]any{"0.0.0.0/1", "128.0.0.0/1"}, "ResourcesVpcConfig", "PublicAccessCidrs")}},
	{name: "prod's API forgets whom it lets in", gate: "rules", at: at("prod-cluster", "AWS::EKS::Cluster", ""), edits: []edit{drop("ResourcesVpcConfig", "PublicAccessCidrs")}},
	{name: "prod's API is for private addresses", gate: "rules", at: at("prod-cluster", "AWS::EKS::Cluster", ""), edits: []edit{set([]any{"10.0.0.0/8"}, "ResourcesVpcConfig", "PublicAccessCidrs")}},
	{name: "prod's Flux is installed into dev", gate: "rules", at: at("prod-gitops", "Custom::AWSCDK-EKS-HelmChart", "Flux/Operator"), edits: []edit{swap("acme-prod-cluster", "acme-dev-cluster", "ClusterName")}},
	{name: "prod's key may be lost, its images stay", gate: "rules", at: shopImages, edits: []edit{set(true, "EmptyOnDelete")}},
	{name: "prod's images go with the stack", gate: "rules", at: shopImages, edits: []edit{setIn("Delete", "DeletionPolicy")}},
	{name: "an address that is none", gate: "rules", at: at("delivery", "AWS::SNS::Subscription", ""), edits: []edit{set("ops.acme.example", "Endpoint")}},
	{name: "alerts in the clear", gate: "rules", at: at("delivery", "AWS::SNS::Subscription", ""), edits: []edit{set("http", "Protocol"), set("http://ops.acme.example", "Endpoint")}},
})...)
