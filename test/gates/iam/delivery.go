package iam

import (
	"strings"

	"gitops-eks/test/gates/assembly"
)

// purposeOf is what the use of a role is for.
func (w world) purposeOf(u use) purpose {
	switch u.user.Type + " " + u.where {
	case "AWS::CodeBuild::Project ServiceRole":
		if u.user.Get("Source", "Type") == "CODECOMMIT" {
			return w.check(u.user)
		}
		return w.build(u.user)
	case "AWS::CodePipeline::Pipeline RoleArn":
		return w.pipeline(u.user)
	case "AWS::CodePipeline::Pipeline Stages.Actions.RoleArn":
		return w.pipelineAction(u)
	case "AWS::Events::Rule Targets.RoleArn":
		return w.start(u)
	case "AWS::EC2::FlowLog DeliverLogsPermissionArn":
		return w.flowLog(u.user)
	case "AWS::Lambda::Function Role":
		return w.handler(u.user)
	case "AWS::EKS::PodIdentityAssociation RoleArn", "AWS::EKS::PodIdentityAssociation TargetRoleArn":
		return w.controller(u)
	}
	return purpose{name: "the role of " + u.user.Type} // AWS's own policies are all that it needs
}

// outOfReach is what nothing that builds or starts builds can do.
func (w world) outOfReach() []request {
	return append(ask(w.arns(nil, "AWS::EKS::Cluster"), "eks:DescribeCluster", "eks:AccessKubernetesApi"),
		ask(w.arns(nil, "AWS::CodeCommit::Repository"), "codecommit:GitPush")...)
}

// A build pushes to the repository that its environment names, and no other.
func (w world) build(project *assembly.Resource) purpose {
	stack := project.Stack
	own := w.referred(stack, project.Get("Environment"), "AWS::ECR::Repository")
	here := resolver{w.Assembly, stack}
	name := here.name(project)
	logs := w.referred(stack, project.Get("LogsConfig"), "AWS::Logs::LogGroup")
	byName := here.anyARN("logs:*:log-group:/aws/codebuild/" + name)
	keys, buckets := texts(here.resolve(project.Get("EncryptionKey"))), w.buckets(stack)
	return purpose{
		name: "a build",
		may: []grant{
			logIn, {append(imagePush, imageRead...), own}, {keyUse, keys}, {bucketRead, objects(buckets)},
			{logWrite, append(logs, byName, byName+":*")}, {[]string{"inspector2:ListCoverage", "inspector2:ListFindings"}, []string{"*"}},
			{strings.Fields("codebuild:CreateReportGroup codebuild:CreateReport codebuild:UpdateReport codebuild:BatchPutTestCases codebuild:BatchPutCodeCoverages"), []string{here.anyARN("codebuild:*:report-group/" + name + "*")}},
		},
		must: concat(
			ask([]string{"*"}, "ecr:GetAuthorizationToken", "inspector2:ListCoverage", "inspector2:ListFindings"),
			ask(own, imagePush...), ask(keys, "kms:Decrypt"), ask(prefixed(buckets, "/object"), "s3:GetObject"),
			ask(streams(logs), "logs:PutLogEvents"),
		),
		never: concat(w.outOfReach(),
			ask(without(w.arns(nil, "AWS::ECR::Repository"), own), "ecr:BatchGetImage", "ecr:PutImage"),
			ask(own, "ecr:BatchDeleteImage", "ecr:SetRepositoryPolicy", "ecr:DeleteRepository")),
	}
}

// A check reads the repository that it is of and the program of the platform, and
// comments on pull requests. An approval of its own would count as a reviewer's.
func (w world) check(project *assembly.Resource) purpose {
	here := resolver{w.Assembly, project.Stack}
	url := here.text(project.Get("Source", "Location"))
	repository := []string{here.anyARN("codecommit:" + here.region() + ":" + here.account() + ":" + url[strings.LastIndex(url, "/")+1:])}
	var programs []string
	for _, source := range assembly.List(project.Get("SecondarySources")) {
		object, _ := source.(map[string]any)
		programs = append(programs, here.anyARN("s3:::"+here.text(object["Location"])))
	}
	var buckets []string
	for _, program := range programs {
		bucket, _, _ := strings.Cut(program, "/")
		buckets = append(buckets, bucket)
	}
	logs, keys := w.referred(project.Stack, project.Get("LogsConfig"), "AWS::Logs::LogGroup"), texts(here.resolve(project.Get("EncryptionKey")))
	byName := here.anyARN("logs:*:log-group:/aws/codebuild/" + here.name(project))
	return purpose{
		name: "a check",
		may: []grant{
			{[]string{"codecommit:GitPull", "codecommit:PostCommentForPullRequest"}, repository}, {bucketRead, append(buckets, programs...)},
			{keyUse, keys}, {logWrite, append(logs, byName, byName+":*")},
		},
		must: concat(ask(repository, "codecommit:GitPull", "codecommit:PostCommentForPullRequest"), ask(programs, "s3:GetObject"), ask(streams(logs), "logs:PutLogEvents")),
		never: concat(w.outOfReach(), ask(w.arns(nil, "AWS::ECR::Repository"), "ecr:PutImage"),
			ask(repository, "codecommit:PutFile", "codecommit:CreateCommit", "codecommit:UpdatePullRequestApprovalState", "codecommit:MergePullRequestByFastForward")),
	}
}

// A pipeline takes the roles of its actions; itself, it only moves artifacts.
func (w world) pipeline(pipeline *assembly.Resource) purpose {
	here := resolver{w.Assembly, pipeline.Stack}
	var roles, projects []string
	for _, action := range pipelineActions(here, pipeline) {
		if action.role != "" {
			roles = append(roles, action.role)
		}
		if name := here.text(action.configuration["ProjectName"]); name != "" {
			projects = append(projects, here.anyARN("codebuild:"+here.region()+":"+here.account()+":project/"+name))
		}
	}
	keys, buckets := artifactKeys(here, pipeline), w.buckets(pipeline.Stack)
	return purpose{
		name:  "a pipeline",
		may:   []grant{{bucketUse, objects(buckets)}, {keyUse, keys}, {[]string{"sts:AssumeRole"}, roles}},
		must:  concat(ask(roles, "sts:AssumeRole"), ask(prefixed(buckets, "/object"), "s3:GetObject", "s3:PutObject"), ask(keys, "kms:Decrypt", "kms:GenerateDataKey")),
		never: concat(w.outOfReach(), ask(without(w.arns(nil, "AWS::CodeBuild::Project"), projects), "codebuild:StartBuild")),
	}
}

// artifactKeys are what the pipeline's artifacts are encrypted with.
func artifactKeys(here resolver, pipeline *assembly.Resource) []string {
	return texts(here.resolve(pipeline.Get("ArtifactStore", "EncryptionKey", "Id")))
}

func (w world) pipelineAction(u use) purpose {
	here := resolver{w.Assembly, u.user.Stack}
	place := here.region() + ":" + here.account() + ":"
	p := purpose{name: "a pipeline's action", never: w.outOfReach()}
	for _, action := range pipelineActions(here, u.user) {
		if action.role != arnOf(w.Assembly, u.role) {
			continue
		}
		switch action.provider {
		case "CodeBuild":
			use := strings.Fields("codebuild:BatchGetBuilds codebuild:StartBuild codebuild:StopBuild")
			project := []string{here.anyARN("codebuild:" + place + "project/" + here.text(action.configuration["ProjectName"]))}
			p.may, p.must = append(p.may, grant{use, project}), append(p.must, ask(project, use...)...)
			p.never = append(p.never, ask(without(w.arns(nil, "AWS::CodeBuild::Project"), project), "codebuild:StartBuild")...)
			continue
		case "CodeCommit":
			use := strings.Fields("codecommit:CancelUploadArchive codecommit:GetBranch codecommit:GetCommit codecommit:GetUploadArchiveStatus codecommit:UploadArchive")
			repository := []string{here.anyARN("codecommit:" + place + here.text(action.configuration["RepositoryName"]))}
			p.may, p.must = append(p.may, grant{use, repository}), append(p.must, ask(repository, use...)...)
		case "CodeStarSourceConnection":
			connection := here.text(action.configuration["ConnectionArn"])
			use := []string{"codestar-connections:UseConnection", "codeconnections:UseConnection"}
			p.may = append(p.may, grant{use, []string{connection}})
			p.must = append(p.must, request{action: serviceOf(connection) + ":UseConnection", resource: connection})
		}
		keys, buckets := artifactKeys(here, u.user), w.buckets(u.user.Stack)
		p.may = append(p.may, grant{bucketUse, objects(buckets)}, grant{keyUse, keys})
		p.must = concat(p.must, ask(prefixed(buckets, "/object"), "s3:PutObject"), ask(keys, "kms:GenerateDataKey"))
	}
	return p
}

func serviceOf(arn string) string {
	parts := strings.SplitN(arn, ":", arnParts)
	if len(parts) < arnParts {
		return ""
	}
	return parts[2]
}

// A rule starts the pipeline or the check that is its target.
func (w world) start(u use) purpose {
	here := resolver{w.Assembly, u.user.Stack}
	p := purpose{name: "a rule", never: w.outOfReach()}
	for _, target := range assembly.List(u.user.Get("Targets")) {
		object, _ := target.(map[string]any)
		if here.text(object["RoleArn"]) != arnOf(w.Assembly, u.role) {
			continue
		}
		arn, start := here.text(object["Arn"]), "codepipeline:StartPipelineExecution"
		if serviceOf(arn) == "codebuild" {
			start = "codebuild:StartBuild"
		}
		p.may = append(p.may, grant{[]string{start}, []string{arn}})
		p.must = append(p.must, ask([]string{arn}, start)...)
	}
	return p
}

func (w world) flowLog(log *assembly.Resource) purpose {
	groups := w.referred(log.Stack, log.Get("LogGroupName"), "AWS::Logs::LogGroup")
	return purpose{
		name: "a flow log", may: []grant{{logWrite, groups}},
		must: ask(streams(groups), "logs:CreateLogStream", "logs:PutLogEvents"),
	}
}

func streams(groups []string) (all []string) {
	for _, group := range groups {
		all = append(all, strings.TrimSuffix(group, ":*")+":log-stream:stream")
	}
	return all
}

func concat(parts ...[]request) (all []request) {
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}
