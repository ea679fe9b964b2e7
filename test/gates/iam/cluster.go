package iam

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// handler is what a function is for, by the custom resources that it answers
// and by whether a cluster lets it in.
func (w world) handler(function *assembly.Resource) purpose {
	stack := function.Stack
	here := resolver{w.Assembly, stack}
	p := purpose{name: "a function", never: ask(w.arns(nil, "AWS::IAM::Role"), "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy")}
	for _, entry := range stack.All("AWS::EKS::AccessEntry") {
		if here.text(entry.Get("PrincipalArn")) == here.text(function.Get("Role")) {
			p.name = "the handler of in-cluster objects"
			describe, clusters := []string{"eks:DescribeCluster"}, w.arns(stack, "AWS::EKS::Cluster")
			p.may, p.must = append(p.may, grant{describe, clusters}), append(p.must, ask(clusters, describe...)...)
		}
	}
	if called := w.referred(stack, function.Get("Environment"), "AWS::Lambda::Function"); len(called) > 0 {
		p.name = "the framework of custom resources"
		p.may = append(p.may, grant{[]string{"lambda:InvokeFunction", "lambda:GetFunction"}, append(called, prefixed(called, ":*")...)})
		p.must = append(p.must, ask(called, "lambda:InvokeFunction", "lambda:GetFunction")...)
	}
	for _, r := range stack.All("Custom::VpcRestrictDefaultSG") {
		if here.text(r.Get("ServiceToken")) != arnOf(w.Assembly, function) {
			continue
		}
		p.name = "the handler that empties the default security group"
		use := strings.Fields("ec2:AuthorizeSecurityGroupEgress ec2:AuthorizeSecurityGroupIngress ec2:RevokeSecurityGroupEgress ec2:RevokeSecurityGroupIngress")
		group := []string{here.anyARN("ec2:" + here.region() + ":" + here.account() + ":security-group/" + here.text(r.Get("DefaultSecurityGroupId")))}
		p.may, p.must = append(p.may, grant{use, group}), append(p.must, ask(group, use...)...)
	}
	if notOurs(function) {
		return p
	}
	groups := w.referred(stack, function.Get("LoggingConfig"), "AWS::Logs::LogGroup")
	write := []string{"logs:CreateLogStream", "logs:PutLogEvents"}
	p.may, p.must = append(p.may, grant{write, groups}), append(p.must, ask(streams(groups), write...)...)
	for _, kind := range slices.Sorted(maps.Keys(answers)) {
		for _, r := range stack.All(kind) {
			if here.text(r.Get("ServiceToken")) == arnOf(w.Assembly, function) {
				p.name = "the handler of " + kind
				resources := answers[kind].on(here, r)
				p.may, p.must = append(p.may, grant{answers[kind].actions, resources}), append(p.must, ask(resources, answers[kind].actions...)...)
			}
		}
	}
	return p
}

// answers is what the handlers of this program may do, and on what.
var answers = map[string]struct {
	actions []string
	on      func(resolver, *assembly.Resource) []string
}{
	"Custom::AddonVersion":      {[]string{"eks:DescribeAddonVersions"}, anything},
	"Custom::AvailabilityZones": {[]string{"ec2:DescribeAvailabilityZones"}, anything},
	"Custom::Branch":            {[]string{"codecommit:GetBranch", "codecommit:CreateBranch", "codecommit:AssociateApprovalRuleTemplateWithRepository"}, repository},
	"Custom::ApprovalRuleTemplate": {[]string{
		"codecommit:CreateApprovalRuleTemplate", "codecommit:UpdateApprovalRuleTemplateContent", "codecommit:DeleteApprovalRuleTemplate",
	}, anything},
	"Custom::LogGroup": {strings.Fields("logs:CreateLogGroup logs:DeleteLogGroup logs:PutRetentionPolicy"), func(here resolver, r *assembly.Resource) []string {
		return []string{here.anyARN("logs:" + here.region() + ":" + here.account() + ":log-group:" + here.text(r.Get("LogGroupName")) + ":*")}
	}},
}

// repository is the one of CodeCommit that the custom resource names.
func repository(here resolver, r *assembly.Resource) []string {
	return []string{here.anyARN("codecommit:" + here.region() + ":" + here.account() + ":" + here.text(r.Get("RepositoryName")))}
}

// anything is for actions that know no resource.
func anything(resolver, *assembly.Resource) []string { return []string{"*"} }

// otherBranch is one that no environment follows.
const otherBranch = "refs/heads/a-branch-that-no-environment-follows"

// controller is what pods are for, by the service account that gets the role.
func (w world) controller(u use) purpose {
	here := resolver{w.Assembly, u.user.Stack}
	account, _ := u.user.Get("ServiceAccount").(string)
	p := purpose{name: account}
	target := here.text(u.user.Get("TargetRoleArn"))
	if target != "" && u.where == "RoleArn" {
		take := []string{"sts:AssumeRole", "sts:TagSession"}
		p.may, p.must = []grant{{take, []string{target}}}, ask([]string{target}, "sts:AssumeRole")
		return p
	}
	config := w.config()
	pull := grant{[]string{"codecommit:GitPull"}, config}
	push := []string{"codecommit:GitPush"}
	switch account {
	case "source-controller":
		p.may, p.must, p.never = []grant{pull}, ask(config, pull.actions...), ask(w.arns(nil, "AWS::CodeCommit::Repository"), push...)
	case "image-automation-controller":
		p.may, p.must = []grant{pull, {push, config}}, ask(config, "codecommit:GitPull", "codecommit:GitPush")
		for _, repository := range config {
			if branch := w.followed(u.user.Stack); branch != "" {
				p.must = append(p.must, request{push[0], repository, map[string]string{"codecommit:References": "refs/heads/" + branch}})
			}
			p.never = append(p.never, request{push[0], repository, map[string]string{"codecommit:References": otherBranch}})
			for _, branch := range w.byPullRequest() {
				p.never = append(p.never, request{push[0], repository, map[string]string{"codecommit:References": "refs/heads/" + branch}})
			}
		}
		p.never = append(p.never, ask(without(w.arns(nil, "AWS::CodeCommit::Repository"), config), push...)...)
	case "image-reflector-controller":
		images := w.arns(nil, "AWS::ECR::Repository")
		p.may = []grant{logIn, {imageRead, images}}
		p.must = ask([]string{"*"}, "ecr:GetAuthorizationToken")
		if u.user.Stack.Account == "" || slices.ContainsFunc(images, func(arn string) bool { return strings.Contains(arn, ":"+here.account()+":") }) {
			p.must = append(p.must, ask(images, "ecr:ListImages", "ecr:BatchGetImage")...)
		}
		p.never = ask(images, "ecr:PutImage", "ecr:BatchDeleteImage")
	case "kustomize-controller":
		keys := w.referred(u.user.Stack, clusterKeys(u.user.Stack), "AWS::KMS::Key")
		decrypt := []string{"kms:Decrypt"}
		p.may, p.must, p.never = []grant{{decrypt, keys}}, ask(keys, decrypt...), ask(keys, "kms:Encrypt", "kms:GenerateDataKey")
	}
	p.never = concat(p.never, ask(w.arns(nil, "AWS::EKS::Cluster"), "eks:UpdateClusterConfig"))
	return p
}

// configBranch is the branch in the facts that image automation pushes to.
var configBranch = regexp.MustCompile(`"config_branch":"([^"]+)"`)

// byPullRequest are the branches that clusters without image automation follow:
// whoever can write there from another cluster has these clusters, too.
func (w world) byPullRequest() (branches []string) {
	for _, stack := range w.Stacks {
		automatic := slices.ContainsFunc(stack.All("AWS::EKS::PodIdentityAssociation"), func(r *assembly.Resource) bool {
			return r.Get("ServiceAccount") == "image-automation-controller"
		})
		if branch := w.followed(stack); branch != "" && !automatic {
			branches = append(branches, branch)
		}
	}
	return branches
}

// followed is the branch that the stack's cluster follows, or "".
func (w world) followed(stack *assembly.Stack) string {
	here := resolver{w.Assembly, stack}
	for _, r := range stack.All("Custom::AWSCDK-EKS-KubernetesResource") {
		if match := configBranch.FindStringSubmatch(here.text(r.Get("Manifest"))); match != nil {
			return match[1]
		}
	}
	return ""
}

// clusterKeys is what the stack's clusters say of their encryption.
func clusterKeys(stack *assembly.Stack) any {
	var all []any
	for _, cluster := range stack.All("AWS::EKS::Cluster") {
		all = append(all, cluster.Get("EncryptionConfig"))
	}
	return all
}

// bootstrapRole begins the ARNs of the roles that `cdk bootstrap` makes in each
// account, with its default qualifier.
const bootstrapRole = "role/cdk-hnb659fds-"

// workflow is what a role is for that workflows of GitHub take, by the subject
// of the tokens: pull requests compare, an environment deploys, a branch looks
// for drift. What they can do, they can by the roles of `cdk bootstrap`.
func (w world) workflow(subject string) purpose {
	roles := map[string][]string{}
	for _, stack := range w.Stacks {
		here := resolver{w.Assembly, stack}
		for _, kind := range []string{"lookup", "deploy", "file-publishing", "image-publishing", "cfn-exec"} {
			arn := here.anyARN("iam::" + here.account() + ":" + bootstrapRole + kind + "-role-" + here.account() + "-" + here.region())
			if !slices.Contains(roles[kind], arn) {
				roles[kind] = append(roles[kind], arn)
			}
		}
	}
	take := []string{"sts:AssumeRole"}
	p := purpose{
		name: "a workflow that compares", may: []grant{{take, roles["lookup"]}}, must: ask(roles["lookup"], take...),
		never: concat(ask(roles["cfn-exec"], take...), w.outOfReach()),
	}
	switch {
	case strings.Contains(subject, ":environment:"):
		p.name = "a workflow that deploys"
		p.may = append(p.may, grant{take, slices.Concat(roles["deploy"], roles["file-publishing"], roles["image-publishing"])})
		p.must = concat(p.must, ask(roles["deploy"], take...), ask(roles["file-publishing"], take...))
		return p
	case strings.Contains(subject, ":ref:"):
		p.name = "a workflow that looks for drift"
		topics := w.arns(nil, "AWS::SNS::Topic")
		p.may = append(p.may, grant{[]string{"sns:Publish"}, topics}, grant{[]string{"kms:Decrypt", "kms:GenerateDataKey*"}, w.arns(nil, "AWS::KMS::Key")})
		p.must = append(p.must, ask(topics, "sns:Publish")...)
	}
	p.never = append(p.never, ask(slices.Concat(roles["deploy"], roles["file-publishing"]), take...)...)
	return p
}
