package rules

const eventRule = "AWS::Events::Rule"

var eventFaults = []fault{
	{"event-rule-state", "", eventRule, set("State", "DISABLED"), "never fires", ""},
	{"event-pattern", "", eventRule, set("EventPattern", nil), "neither a pattern", ""},
	{"event-pattern", ":EventRule", eventRule, set("EventPattern.source", []any{"aws.codecomit"}), "never fires", ""},
	{"event-pattern", ":EventRule", eventRule, set("EventPattern.detail-type", []any{"CodeCommit Repository Change"}), "has no event", ""},
	{"event-pattern", ":EventRule", eventRule, set("EventPattern.detail-type", nil), "names no detail-type", ""},
	{"event-states", ":Pipeline/Failed", eventRule, set("EventPattern.detail.state", []any{"failed"}), `detail.state is "failed"`, ""},
	{"event-subject", ":Build/Failed", eventRule, set("EventPattern.detail.project-name", []any{"build"}), "is no AWS::CodeBuild::Project", ""},
	{"event-subject", ":Pipeline/Failed", eventRule, set("EventPattern.resources", []any{"arn:aws:codepipeline:a:b:other"}), "is no AWS::CodePipeline::Pipeline", ""},
	{"event-target", ":Pipeline/Failed", eventRule, refTo("Targets.0.Arn", pipeline, "", "Version"), "is the attribute Version", ""},
	{"event-target", "", eventRule, set("Targets", []any{}), "no target", ""},
	{"event-target", ":Pipeline/Failed", eventRule, set("Targets.0.Arn", "topic"), "want an ARN", ""},
	{"event-target", ":Pipeline/Failed", eventRule, refTo("Targets.0.Arn", repository, "", "Arn"), "which is an AWS::ECR::Repository", ""},
	{"event-target", ":EventRule", eventRule, set("Targets.0.RoleArn", nil), "cannot start it", ""},
	{"event-target", ":EventsRole/DefaultPolicy", rolePolicy, set("PolicyDocument.Statement.0.Action", "codepipeline:GetPipeline"), "may not start the pipeline", "AWS::IAM::Role:EventsRole"},
	{"event-input", ":Pipeline/Failed", eventRule, set("Targets.0.InputTransformer.InputPathsMap.region", nil), "InputTemplate has <region>", ""},
	{"event-input", ":Pipeline/Failed", eventRule, set("Targets.0.InputTransformer.InputPathsMap.region", "region"), "starts with $.", ""},
}
