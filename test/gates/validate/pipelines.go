package validate

import (
	"fmt"
	"slices"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// providers are AWS's own actions, by category, as of November 2026.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference.html
var providers = map[string][]string{
	"Source":   {"CodeCommit", "CodeStarSourceConnection", "ECR", "S3"},
	"Build":    {"CodeBuild", "ECRBuildAndPublish"},
	"Test":     {"CodeBuild", "DeviceFarm"},
	"Deploy":   {"AppConfig", "CloudFormation", "CloudFormationStackSet", "CloudFormationStackInstances", "CodeDeploy", "CodeDeployToECS", "EC2", "ECS", "EKS", "ElasticBeanstalk", "Lambda", "OpsWorks", "S3", "ServiceCatalog"},
	"Approval": {"Manual"},
	"Invoke":   {"InspectorScan", "Lambda", "StepFunctions", "CodePipeline"},
	"Compute":  {"Commands"},
}

// minStages of a pipeline, the first of which has the sources.
const minStages = 2

// pipelines checks that a pipeline hangs together: what an action reads,
// another one has made before.
func pipelines(a *assembly.Assembly) (found []finding.Finding) {
	for _, r := range a.All("AWS::CodePipeline::Pipeline") {
		p := pipeline{made: map[any]bool{}, add: func(problem, fix string) {
			found = append(found, at(r, "pipeline", problem, fix))
		}}
		stages := assembly.List(r.Get("Stages"))
		if len(stages) < minStages {
			p.add(fmt.Sprintf("the pipeline has %d stages, want at least %d", len(stages), minStages), "add the missing stages: sources, then builds")
		}
		if r.Get("ArtifactStore") == nil && r.Get("ArtifactStores") == nil {
			p.add("the pipeline has no ArtifactStore", "set the bucket that its artifacts go through")
		}
		names := map[any]bool{}
		for i, value := range stages {
			stage, _ := value.(map[string]any)
			if names[stage["Name"]] {
				p.add(fmt.Sprintf("two stages are called %v", stage["Name"]), "give each its own name")
			}
			names[stage["Name"]] = true
			p.stage(i, stage)
		}
	}
	return found
}

type pipeline struct {
	made map[any]bool // artifacts
	add  func(problem, fix string)
}

func (p *pipeline) stage(number int, stage map[string]any) {
	actions := assembly.List(stage["Actions"])
	if len(actions) == 0 {
		p.add(fmt.Sprintf("the stage %v has no action", stage["Name"]), "give it one, or remove it")
	}
	names := map[any]bool{}
	var made []any
	for _, value := range actions {
		action, _ := value.(map[string]any)
		if names[action["Name"]] {
			p.add(fmt.Sprintf("two actions of the stage %v are called %v", stage["Name"], action["Name"]), "give each its own name")
		}
		names[action["Name"]] = true
		p.action(number, action)
		for _, artifact := range artifacts(action["OutputArtifacts"]) {
			if p.made[artifact] || slices.Contains(made, artifact) {
				p.add(fmt.Sprintf("the action %v makes the artifact %v, which another one makes, too", action["Name"], artifact), "give the artifact its own name")
			}
			made = append(made, artifact)
		}
	}
	for _, artifact := range made {
		p.made[artifact] = true
	}
}

func (p *pipeline) action(stage int, action map[string]any) {
	kind, _ := action["ActionTypeId"].(map[string]any)
	category, _ := kind["Category"].(string)
	provider, _ := kind["Provider"].(string)
	allowed, known := providers[category]
	if owner := kind["Owner"]; owner == "AWS" && (!known || !slices.Contains(allowed, provider)) {
		p.add(fmt.Sprintf("the action %v is of AWS's provider %q in the category %q, allowed are %v", action["Name"], provider, category, allowed), "name one of the providers")
	}
	if stage == 0 && category != "Source" {
		p.add(fmt.Sprintf("the action %v of the first stage is of the category %s, want Source", action["Name"], category), "move it to a later stage")
	}
	for _, artifact := range artifacts(action["InputArtifacts"]) {
		if !p.made[artifact] {
			p.add(fmt.Sprintf("the action %v reads the artifact %v, which no action of an earlier stage makes", action["Name"], artifact), "read the output of an earlier stage")
		}
	}
}

func artifacts(value any) (names []any) {
	for _, item := range assembly.List(value) {
		artifact, _ := item.(map[string]any)
		names = append(names, artifact["Name"])
	}
	return names
}
