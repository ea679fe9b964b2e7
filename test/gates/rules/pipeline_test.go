package rules

const (
	pipeline   = "AWS::CodePipeline::Pipeline"
	codeCommit = "AWS::CodeCommit::Repository"
	rolePolicy = "AWS::IAM::Policy"
	source     = "Stages.0.Actions.0."
	build      = "Stages.1.Actions.0."
)

var pipelineFaults = []fault{
	{"pipeline-type", "", pipeline, set("PipelineType", "V1"), `is "V1", want "V2"`, ""},
	{"pipeline-execution-mode", "", pipeline, set("ExecutionMode", nil), "released after a newer one", ""},
	{"pipeline-stages", "", pipeline, set("Stages.1.Name", "Source"), `two stages are called "Source"`, ""},
	{"pipeline-stages", "", pipeline, set(source+"ActionTypeId.Category", "Build"), "the first stage has sources only", ""},
	{"pipeline-stages", "", pipeline, set("Stages", []any{}), "has 0 stages", ""},
	{"pipeline-stages", "", pipeline, set("DisableInboundStageTransitions", []any{map[string]any{"StageName": "Build"}}), "no commit gets there", ""},
	{"pipeline-artifact-store", "", pipeline, set("ArtifactStore.Location", "bucket"), "want a bucket", ""},
	{"pipeline-artifacts", "", pipeline, set(build+"InputArtifacts.0.Name", "Source"), `takes the artifact "Source", which no action makes`, ""},
	{"pipeline-artifacts", "", pipeline, set(build+"InputArtifacts", nil), "takes no artifact", ""},
	{"pipeline-artifacts", "", pipeline, set(build+"OutputArtifacts", []any{map[string]any{"Name": "Code"}}), "both make the artifact", ""},
	{"pipeline-order", "", pipeline, loose, "its first run fails", ""},
	{"pipeline-order", "", pipeline, loose, "before the rule DeliveryNamedPipelineFailedADF2F3A4", ""},
	{"pipeline-order", "", pipeline, loose, "before the rule DeliveryBuildFailed00F73331", ""},
	{"pipeline-order", "", pipeline, set("RoleArn", "role"), "want a role", ""},
	{"pipeline-failure-alert", ":Pipeline/Failed", "AWS::Events::Rule", drop, "no event rule tells", pipeline},
	{"pipeline-failure-alert", ":Build/Failed", "AWS::Events::Rule", set("EventPattern.detail.build-status", []any{"STOPPED"}), "no event rule tells", project},
	{"action-type", "", pipeline, set(build+"ActionTypeId.Provider", "CodeBuilds"), "which CodePipeline does not have", ""},
	{"action-type", "", pipeline, set(build+"ActionTypeId.Version", "2"), `the version "2"`, ""},
	{"action-type", "", pipeline, set(build+"ActionTypeId", map[string]any{"Category": "Deploy", "Owner": "AWS", "Provider": "S3", "Version": "1"}), "Flux deploys them", ""},
	{"action-project", "", pipeline, set(build+"Configuration.ProjectName", "builds"), "which is not in the assembly", ""},
	{"action-project", "two-platforms", pipeline, refTo("Stages.1.Actions.1.Configuration.ProjectName", project, "Build-amd64", ""), "run the same project", ""},
	{"action-role", ":Pipeline/Role/DefaultPolicy", rolePolicy, set("PolicyDocument.Statement.2.Action", "sts:TagSession"), "may not take the role", "AWS::IAM::Role:Pipeline/Role"},
	{"action-role", ":Build/CodePipelineActionRole/DefaultPolicy", rolePolicy, set("PolicyDocument.Statement.0.Action", "codebuild:BatchGetBuilds"), "may not start the project", "AWS::IAM::Role:Build/CodePipelineActionRole"},
	{"action-artifact-count", "", pipeline, set(source+"OutputArtifacts", nil), "0 inputs and 0 outputs", ""},
	{"action-artifact-count", "", pipeline, set(source+"Namespace", "Source NS"), "has the namespace", ""},
	{"pipeline-variables", "", pipeline, replaced(build+"Configuration.EnvironmentVariables", "CommitId", "CommitID"), "gives no such variable", ""},
	{"pipeline-variables", "", pipeline, set(source+"Namespace", nil), "no action has the namespace Source_Commit_NS", ""},
	{"pipeline-results", "two-platforms", pipeline, replaced("Stages.2.Actions.0.Configuration.EnvironmentVariables", " #{Build_Build-arm64_NS.IMAGE_DIGEST}", ""), "no later action uses #{Build_Build-arm64_NS.IMAGE_DIGEST}", ""},
	{"pipeline-variables", "two-platforms", pipeline, replaced("Stages.2.Actions.0.Configuration.EnvironmentVariables", "IMAGE_DIGEST}", "DIGEST}"), "gives no such variable", ""},
	{"pipeline-namespaces", "", pipeline, set(build+"Namespace", "Source_Commit_NS"), "the same namespace", ""},
	{"action-environment", "", pipeline, set(build+"Configuration.EnvironmentVariables", "[{name: REVISION}]"), "no JSON list", ""},
	{"source-repository", "", pipeline, set(source+"Configuration.RepositoryName", "platform-helo"), `"platform-helo", which the assembly does not have`, ""},
	{"source-repository", "", pipeline, set(source+"Configuration.BranchName", "master"), "with the branch main alone", ""},
	{"source-trigger", "", pipeline, set(source+"Configuration.PollForSourceChanges", true), "polls the repository", ""},
	{"source-trigger", ":EventRule", "AWS::Events::Rule", drop, "no event rule starts the pipeline", pipeline},
	{"source-trigger", ":EventRule", "AWS::Events::Rule", set("EventPattern.detail.referenceName", []any{"master"}), "looks at the branches", ""},
	{"source-trigger", ":EventRule", "AWS::Events::Rule", set("EventPattern.resources", []any{"arn:aws:codecommit:a:b:other"}), "the pipeline builds platform-hello", ""},
	{"source-trigger", ":EventRule", "AWS::Events::Rule", set("EventPattern.detail.event", []any{"referenceDeleted"}), "a push is referenceUpdated", ""},
	{"source-connection", "connection", pipeline, set(source+"Configuration.ConnectionArn", "connection"), "has the ConnectionArn", ""},
	{"source-connection", "connection", pipeline, set(source+"Configuration.FullRepositoryId", "hello"), "has the FullRepositoryId", ""},
	{"source-connection", "connection", pipeline, set("Triggers", nil), "no trigger starts", ""},
	{"source-connection", "connection", pipeline, set(source+"Configuration.DetectChanges", true), "twice for a commit", ""},
	{"source-connection", "connection", pipeline, set(source+"Configuration.BranchName", "main"), "builds main", ""},
	{"repository-seed", "", codeCommit, set("Code.S3.Key", "seed.zip"), "no asset of the assembly", ""},
	{"repository-seed", "", codeCommit, set("Code.BranchName", "refs/heads/main"), "want the name of a branch", ""},
	{"repository-config", ":Config", codeCommit, set("Code", nil), "waits in vain", ""},
	{"repository-config", ":Config", codeCommit, set("RepositoryName", "platform-conf"), "follows the repository platform-config", "Custom::AWSCDK-EKS-KubernetesResource:Sync/Source"},
	{"repository-reference", "", repository, set("RepositoryName", "platform/helo"), `names the ecr repository "platform/hello"`, rolePolicy + ":image-reflector"},
	{"repository-reference", ":Config", codeCommit, set("RepositoryName", "platform-conf"), `the codecommit repository "platform-config"`, rolePolicy + ":source-controller"},
}
