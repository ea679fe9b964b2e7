package rules

const project = "AWS::CodeBuild::Project"

var buildFaults = []fault{
	{"build-image", "", project, set("Environment.Image", "aws/codebuild/standard:4.0"), `no current image "aws/codebuild/standard:4.0"`, ""},
	{"build-image", "", project, set("Environment.Image", "docker:latest"), "one with a digest", ""},
	{"build-image", "", project, set("Environment.Image", "aws/codebuild/amazonlinux-aarch64-standard:3.0"), "runs on ARM_CONTAINER", ""},
	{"build-image", "", project, set("Environment.ImagePullCredentialsType", "SERVICE_ROLE"), "its own credentials", ""},
	{"build-compute", "", project, set("Environment.ComputeType", "BUILD_GENERAL1_TINY"), `ComputeType is "BUILD_GENERAL1_TINY"`, ""},
	{"build-compute", "", project, set("Environment.Type", "LINUX"), `Environment.Type is "LINUX"`, ""},
	{"build-platform", "", project, set("Environment.EnvironmentVariables.2.Value", "linux/arm64"), "but Environment.Type is LINUX_CONTAINER", ""},
	{"build-platform", "", project, set("Environment.EnvironmentVariables.2.Value", "arm64"), `PLATFORM is "arm64"`, ""},
	{"build-privileged", "", project, set("Environment.PrivilegedMode", false), "calls docker", ""},
	{"build-privileged", "", project, set("Source.BuildSpec", "{}"), "does not call docker", ""},
	{"build-timeout", "", project, set("TimeoutInMinutes", 5.0), "waits up to 10 minutes", ""},
	{"build-timeout", "", project, set("TimeoutInMinutes", 480.0), "want 5 to 120", ""},
	{"build-variables", "", project, set("Environment.EnvironmentVariables.1.Name", "PLATFORM"), "PLATFORM is set twice", ""},
	{"build-variables", "", project, set("Environment.EnvironmentVariables.1.Type", "PLAIN"), `the type "PLAIN"`, ""},
	{"build-variables", "", project, set("Environment.EnvironmentVariables.1.Value", ""), "is empty", ""},
	{"build-artifacts", "", project, set("Artifacts.Type", "NO_ARTIFACTS"), "for both or neither", ""},
	{"build-artifacts", "", project, set("Artifacts.EncryptionDisabled", true), "not encrypted", ""},
	{"build-artifacts", "", "AWS::CodePipeline::Pipeline", drop, "no pipeline runs", project},
	{"build-role", ":Build/Role/DefaultPolicy", "AWS::IAM::Policy", set("PolicyDocument.Statement.0.Action", "logs:CreateLogGroup"), "may not write the log", "AWS::IAM::Role:Build/Role"},
	{"build-role", "", project, set("ServiceRole", "role"), "want a role", ""},
	{"build-repository", "", project, set("Environment.EnvironmentVariables.3.Value", "platform/hello"), "want one ECR repository", ""},
	{"build-settings", "", project, set("Environment.EnvironmentVariables.5.Value", "severe"), `SCAN_THRESHOLD is "severe"`, ""},
	{"build-settings", "", project, set("Environment.EnvironmentVariables.0.Value", "moby/buildkit:latest"), "with its digest", ""},
	{"build-settings", "", project, set("Environment.EnvironmentVariables.1.Value", "layers"), "overwrites the tag layers", repository},
	{"build-logs", "", project, set("LogsConfig.CloudWatchLogs.Status", "DISABLED"), "no trace", ""},
	{"build-visibility", "", project, set("Visibility", "PUBLIC_READ"), "anybody", ""},
}
