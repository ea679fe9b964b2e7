package rules

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// actionRules are about what a pipeline's actions do.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference.html
var actionRules = []rule{
	{"action-type", eachAction(actionType)},
	{"action-project", eachAction(actionProject)},
	{"action-role", eachAction(actionRole)},
	{"action-artifact-count", eachAction(artifactCount)},
}

// eachAction makes a check of one that looks at a single action.
func eachAction(check func(*review, action)) func(*review) {
	return func(v *review) {
		for _, a := range v.actions() {
			check(v, a)
		}
	}
}

// actionTypes are the owner and the version of AWS's actions, by category and provider.
var actionTypes = map[string][2]string{
	"Source/CodeCommit":               {"AWS", "1"},
	"Source/CodeStarSourceConnection": {"AWS", "1"},
	"Source/S3":                       {"AWS", "1"},
	"Source/ECR":                      {"AWS", "1"},
	"Build/CodeBuild":                 {"AWS", "1"},
	"Test/CodeBuild":                  {"AWS", "1"},
	"Build/ECRBuildAndPublish":        {"AWS", "1"},
	"Compute/Commands":                {"AWS", "1"},
	"Approval/Manual":                 {"AWS", "1"},
	"Invoke/Lambda":                   {"AWS", "1"},
	"Invoke/StepFunctions":            {"AWS", "1"},
	"Invoke/InspectorScan":            {"AWS", "1"},
	"Deploy/S3":                       {"AWS", "1"},
	"Deploy/CloudFormation":           {"AWS", "1"},
}

func actionType(v *review, a action) {
	text := func(name string) string { return v.text(a.pipeline.Stack, at(a.body, "ActionTypeId", name)) }
	kind := text("Category") + "/" + text("Provider")
	want, known := actionTypes[kind]
	switch {
	case !known:
		fix := "use a category and a provider of the action reference, such as Build/CodeBuild"
		names := make([]string, 0, len(actionTypes))
		for name := range actionTypes {
			names = append(names, name)
		}
		slices.Sort(names)
		if meant := near(kind, names); meant != "" {
			fix = "did you mean " + meant + "?"
		}
		v.wrong(a.pipeline, fix, "the action %s is of the type %s, which CodePipeline does not have", a.name, shown(kind))
	case text("Owner") != want[0] || text("Version") != want[1]:
		v.wrong(a.pipeline, "set Owner to "+want[0]+" and Version to "+want[1], "the action %s has the owner %s and the version %s, want %s and %s",
			a.name, shown(text("Owner")), shown(text("Version")), want[0], want[1])
	}
	// An image reaches a cluster by Flux alone: pipelines have no way in.
	if text("Category") == "Deploy" {
		v.wrong(a.pipeline, "remove the action: Flux deploys", "the action %s deploys; pipelines make images, Flux deploys them", a.name)
	}
}

// project is the CodeBuild project that the action runs, nil for other actions.
func (v *review) project(a action) *assembly.Resource {
	value := at(a.body, "Configuration", "ProjectName")
	if r := v.target(a.pipeline.Stack, value); r != nil {
		return r
	}
	name := v.text(a.pipeline.Stack, value)
	for _, r := range v.assembly.All("AWS::CodeBuild::Project") {
		if name != "" && physicalName(r) == name {
			return r
		}
	}
	return nil
}

func actionProject(v *review, a action) {
	if at(a.body, "ActionTypeId", "Provider") != "CodeBuild" {
		return
	}
	project := v.project(a)
	switch {
	case project == nil || project.Type != "AWS::CodeBuild::Project":
		v.wrong(a.pipeline, "refer to a project of the stack", "the action %s runs the project %s, which is not in the assembly", a.name, shown(v.setting(a, "ProjectName")))
	case v.text(project.Stack, project.Get("Source", "Type")) != "CODEPIPELINE":
		v.wrong(project, "set Source.Type to CODEPIPELINE", "the pipeline %s runs it, but its source is %s", a.pipeline.LogicalID, v.text(project.Stack, project.Get("Source", "Type")))
	}
	if project == nil {
		return
	}
	// The same machine twice, for two platforms, builds one of them twice and the other never.
	for _, other := range v.actionsOf(a.pipeline) {
		if other.name < a.name && other.stage == a.stage && v.project(other) == project {
			v.wrong(a.pipeline, "run another project in one of them", "the actions %s and %s of one stage run the same project %s", other.name, a.name, project.LogicalID)
		}
	}
}

// actionRole wants the action's role to be one that the pipeline may take, and
// that may start what the action runs.
func actionRole(v *review, a action) {
	value := at(a.body, "RoleArn")
	if value == nil {
		return // the pipeline's own role
	}
	role := v.target(a.pipeline.Stack, value)
	if role == nil || role.Type != "AWS::IAM::Role" {
		v.wrong(a.pipeline, "refer to a role of the stack", "the action %s has the role %s, want a role", a.name, shown(v.text(a.pipeline.Stack, value)))
		return
	}
	if own := v.target(a.pipeline.Stack, a.pipeline.Get("RoleArn")); own != nil && role != own &&
		!slices.ContainsFunc(v.statements(own), func(s any) bool {
			return v.allows(s, "sts:AssumeRole") && v.refersTo(own.Stack, at(s, "Resource"), role)
		}) {
		v.wrong(own, "allow sts:AssumeRole on "+role.LogicalID, "the pipeline's role may not take the role of the action %s", a.name)
	}
	project := v.project(a)
	if project == nil {
		return
	}
	if !slices.ContainsFunc(v.statements(role), func(s any) bool {
		return v.allows(s, "codebuild:StartBuild") && (v.refersTo(role.Stack, at(s, "Resource"), project) || slices.Contains(v.texts(role.Stack, at(s, "Resource")), "*"))
	}) {
		v.wrong(role, "allow codebuild:StartBuild, StopBuild and BatchGetBuilds on "+project.LogicalID, "the role of the action %s may not start the project %s", a.name, project.LogicalID)
	}
}

func artifactCount(v *review, a action) {
	outputs := len(assembly.List(a.body["OutputArtifacts"]))
	if inputs := len(assembly.List(a.body["InputArtifacts"])); v.category(a) == "Source" && (outputs != 1 || inputs != 0) {
		v.wrong(a.pipeline, "give it one output artifact and no input", "the source action %s has %d inputs and %d outputs, want 0 and 1", a.name, inputs, outputs)
	}
	if namespace := v.text(a.pipeline.Stack, at(a.body, "Namespace")); strings.ContainsAny(namespace, " .#{}") {
		v.wrong(a.pipeline, "use letters, digits, '_', '-' and '@'", "the action %s has the namespace %s", a.name, shown(namespace))
	}
}
