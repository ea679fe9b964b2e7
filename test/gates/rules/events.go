package rules

import (
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// eventRules are about EventBridge rules: one that matches nothing fails nowhere.
var eventRules = []rule{
	{"event-pattern", each(eventPattern, "AWS::Events::Rule")},
	{"event-states", each(eventStates, "AWS::Events::Rule")},
	{"event-subject", each(eventSubject, "AWS::Events::Rule")},
	{"event-target", each(eventTarget, "AWS::Events::Rule")},
	{"event-input", each(eventInput, "AWS::Events::Rule")},
}

// detailTypes are the events of the services that the platform uses.
// https://docs.aws.amazon.com/eventbridge/latest/ref/events.html
var detailTypes = map[string][]string{
	"aws.codebuild":    {"CodeBuild Build Phase Change", "CodeBuild Build State Change"},
	"aws.codecommit":   {"CodeCommit Approval Rule Template Change", "CodeCommit Comment on Commit", "CodeCommit Comment on Pull Request", "CodeCommit Pull Request State Change", "CodeCommit Repository State Change"},
	"aws.codepipeline": {"CodePipeline Action Execution State Change", "CodePipeline Pipeline Execution State Change", "CodePipeline Stage Execution State Change"},
	"aws.ecr":          {"ECR Image Action", "ECR Image Scan", "ECR Pull Through Cache Action", "ECR Replication Action"},
	"aws.inspector2":   {"Inspector2 Coverage", "Inspector2 Finding", "Inspector2 Scan"},
	"aws.health":       {"AWS Health Event"},
}

// details are the values that an event's detail can have.
var details = map[string]map[string][]string{
	"aws.codebuild":    {"build-status": {"FAILED", "FAULT", "IN_PROGRESS", "STOPPED", "SUCCEEDED", "TIMED_OUT"}},
	"aws.codepipeline": {"state": {"ABANDONED", "CANCELED", "FAILED", "RESUMED", "STARTED", "STOPPED", "STOPPING", "SUCCEEDED", "SUPERSEDED"}},
	// https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html
	"aws.codecommit": {
		"event": {
			"referenceCreated", "referenceDeleted", "referenceUpdated",
			"pullRequestApprovalRuleCreated", "pullRequestApprovalRuleDeleted", "pullRequestApprovalRuleOverridden", "pullRequestApprovalRuleUpdated",
			"pullRequestApprovalStateChanged", "pullRequestCreated", "pullRequestMergeStatusUpdated", "pullRequestSourceBranchUpdated", "pullRequestStatusChanged",
		},
		"referenceType": {"branch", "tag"},
	},
	"aws.ecr": {"action-type": {"DELETE", "PUSH"}, "result": {"FAILURE", "SUCCESS"}, "scan-status": {"COMPLETE", "FAILED"}},
}

func eventPattern(v *review, r *assembly.Resource) {
	pattern := r.Get("EventPattern")
	if pattern == nil {
		if r.Get("ScheduleExpression") == nil {
			v.wrong(r, "set EventPattern", "the rule has neither a pattern nor a schedule")
		}
		return
	}
	sources := v.texts(r.Stack, at(pattern, "source"))
	if len(sources) == 0 {
		v.wrong(r, "set EventPattern.source", "the pattern names no source")
	}
	if len(assembly.List(at(pattern, "detail-type"))) == 0 {
		v.wrong(r, "set EventPattern.detail-type", "the pattern names no detail-type: other events of %s fire the rule, too", one(sources))
	}
	for _, source := range sources {
		known, ok := detailTypes[source]
		if !ok {
			if strings.HasPrefix(source, "aws.") {
				fix := "use a source such as aws.codecommit; if it is right, add it to test/gates/rules/events.go"
				if meant := near(source, knownSources()); meant != "" {
					fix = "did you mean " + meant + "?"
				}
				v.wrong(r, fix, "the source %s is not known here: a rule for a source that does not exist never fires", shown(source))
			}
			continue
		}
		for _, name := range v.texts(r.Stack, at(pattern, "detail-type")) {
			if !slices.Contains(known, name) {
				v.wrong(r, "use "+one(known), "%s has no event %s: the rule never fires", source, shown(name))
			}
		}
	}
}

func knownSources() []string {
	names := make([]string, 0, len(detailTypes))
	for name := range detailTypes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// eventStates wants values that events have, in their spelling.
func eventStates(v *review, r *assembly.Resource) {
	pattern := r.Get("EventPattern")
	for _, source := range v.texts(r.Stack, at(pattern, "source")) {
		for field, values := range details[source] {
			for _, value := range assembly.List(at(pattern, "detail", field)) {
				if text, ok := value.(string); ok && !slices.Contains(values, text) {
					v.wrong(r, "use "+one(values), "detail.%s is %s, events of %s have %s: the rule never fires", field, shown(text), source, one(values))
				}
			}
		}
	}
}

// eventSubject wants what a pattern names to exist.
func eventSubject(v *review, r *assembly.Resource) {
	pattern := r.Get("EventPattern")
	for _, source := range v.texts(r.Stack, at(pattern, "source")) {
		switch source {
		case "aws.codebuild":
			v.subject(r, at(pattern, "detail", "project-name"), "AWS::CodeBuild::Project")
		case "aws.codepipeline":
			v.subject(r, at(pattern, "resources"), "AWS::CodePipeline::Pipeline")
			v.subject(r, at(pattern, "detail", "pipeline"), "AWS::CodePipeline::Pipeline")
		}
		if source != "aws.health" && at(pattern, "resources") == nil && len(object(at(pattern, "detail"))) == 0 {
			v.wrong(r, "name the resources in EventPattern", "the rule looks at all events of %s in the account", source)
		}
	}
}

// subject wants each item to name a resource of the type.
func (v *review) subject(r *assembly.Resource, value any, kind string) {
	for _, item := range assembly.List(value) {
		if slices.ContainsFunc(v.targets(r.Stack, item), func(t *assembly.Resource) bool { return t.Type == kind }) {
			continue
		}
		text := v.text(r.Stack, item)
		if !slices.ContainsFunc(v.assembly.All(kind), func(t *assembly.Resource) bool {
			return physicalName(t) != "" && (text == physicalName(t) || strings.HasSuffix(text, ":"+physicalName(t)))
		}) {
			v.wrong(r, "refer to the "+kind, "the pattern names %s, which is no %s of the assembly: the rule never fires", shown(text), kind)
		}
	}
}

// eventTarget wants something that EventBridge can reach.
func eventTarget(v *review, r *assembly.Resource) {
	targets := assembly.List(r.Get("Targets"))
	if len(targets) == 0 {
		v.wrong(r, "add a target", "the rule has no target")
	}
	ids := map[string]bool{}
	for _, target := range targets {
		id := v.text(r.Stack, at(target, "Id"))
		if ids[id] {
			v.wrong(r, "give each target an Id of its own", "two targets have the Id %s", shown(id))
		}
		ids[id] = true
		arn := v.text(r.Stack, at(target, "Arn"))
		reached := v.targets(r.Stack, at(target, "Arn"))
		function, argument := intrinsic(at(target, "Arn"))
		switch {
		case function == "Fn::GetAtt" && len(reached) > 0 && !strings.HasSuffix(attributeOf(argument), "Arn"):
			v.wrong(r, "refer to the ARN", "the target %s is the attribute %s of %s, want an ARN", id, attributeOf(argument), reached[0].LogicalID)
		case len(reached) == 0 && !strings.HasPrefix(arn, "arn:"):
			v.wrong(r, "refer to the target", "the target %s is %s, want an ARN", id, shown(arn))
		case len(reached) > 0 && !slices.Contains(targetTypes, reached[0].Type):
			v.wrong(r, "refer to a topic or a pipeline", "the target %s is %s, which is an %s", id, reached[0].LogicalID, reached[0].Type)
		case len(reached) > 0 && reached[0].Type == "AWS::CodePipeline::Pipeline":
			v.pipelineTarget(r, reached[0], target)
		}
	}
}

// attributeOf is the name in the argument of Fn::GetAtt.
func attributeOf(argument any) string {
	if text, ok := argument.(string); ok {
		_, name, _ := strings.Cut(text, ".")
		return name
	}
	if parts := assembly.List(argument); len(parts) == 2 {
		name, _ := parts[1].(string)
		return name
	}
	return ""
}

// targetTypes are what the platform sends events to.
var targetTypes = []string{
	"AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::CodePipeline::Pipeline", "AWS::CodeBuild::Project",
	"AWS::StepFunctions::StateMachine", "AWS::Logs::LogGroup", "AWS::Events::EventBus",
}

// pipelineTarget wants a role that may start the pipeline.
func (v *review) pipelineTarget(r, pipeline *assembly.Resource, target any) {
	role := v.target(r.Stack, at(target, "RoleArn"))
	if role == nil || role.Type != "AWS::IAM::Role" {
		v.wrong(r, "set RoleArn to a role that may start the pipeline", "the target %s has the role %s: EventBridge cannot start it", pipeline.LogicalID, shown(v.text(r.Stack, at(target, "RoleArn"))))
		return
	}
	if !slices.ContainsFunc(v.statements(role), func(s any) bool {
		return v.allows(s, "codepipeline:StartPipelineExecution") && v.refersTo(role.Stack, at(s, "Resource"), pipeline)
	}) {
		v.wrong(role, "allow codepipeline:StartPipelineExecution on "+pipeline.LogicalID, "the role of the rule %s may not start the pipeline %s", r.LogicalID, pipeline.LogicalID)
	}
}

var inputPlaceholder = regexp.MustCompile(`<([A-Za-z0-9_.-]+)>`)

// eventInput wants the placeholders of a message to be filled.
func eventInput(v *review, r *assembly.Resource) {
	for _, target := range assembly.List(r.Get("Targets")) {
		paths := object(at(target, "InputTransformer", "InputPathsMap"))
		for _, match := range inputPlaceholder.FindAllStringSubmatch(v.text(r.Stack, at(target, "InputTransformer", "InputTemplate")), -1) {
			if paths[match[1]] == nil && !strings.HasPrefix(match[1], "aws.events.") {
				v.wrong(r, "add "+match[1]+" to InputPathsMap", "InputTemplate has <%s>, which InputPathsMap does not fill", match[1])
			}
		}
		for name, value := range paths {
			if text := v.text(r.Stack, value); !strings.HasPrefix(text, "$.") {
				v.wrong(r, "write a path such as $.detail.state", "InputPathsMap has %s for %s, want a path that starts with $.", shown(text), name)
			}
		}
	}
}
