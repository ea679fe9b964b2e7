package rules

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// pipelineRules are about the shape of a pipeline.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html
var pipelineRules = []rule{
	{"pipeline-stages", each(stages, "AWS::CodePipeline::Pipeline")},
	{"pipeline-artifact-store", each(artifactStore, "AWS::CodePipeline::Pipeline")},
	{"pipeline-artifacts", each(artifacts, "AWS::CodePipeline::Pipeline")},
	{"pipeline-order", each(pipelineOrder, "AWS::CodePipeline::Pipeline")},
	{"pipeline-failure-alert", each(failureAlert, "AWS::CodePipeline::Pipeline", "AWS::CodeBuild::Project")},
}

// action of a pipeline.
type action struct {
	pipeline *assembly.Resource
	// stage counts from 0, order is RunOrder.
	stage int
	order float64
	name  string
	body  map[string]any
}

// actionsOf are the pipeline's, in the order of stages.
func (v *review) actionsOf(pipeline *assembly.Resource) []action {
	var found []action
	for i, stage := range assembly.List(pipeline.Get("Stages")) {
		for _, body := range assembly.List(at(stage, "Actions")) {
			order, ok := number(at(body, "RunOrder"))
			if !ok {
				order = 1
			}
			found = append(found, action{pipeline, i, order, v.text(pipeline.Stack, at(body, "Name")), object(body)})
		}
	}
	return found
}

// actions are those of all pipelines.
func (v *review) actions() []action {
	var found []action
	for _, pipeline := range v.assembly.All("AWS::CodePipeline::Pipeline") {
		found = append(found, v.actionsOf(pipeline)...)
	}
	return found
}

// before says whether a has ended when b starts.
func (a action) before(b action) bool {
	return a.stage < b.stage || a.stage == b.stage && a.order < b.order
}

// setting is a value of the action's Configuration.
func (v *review) setting(a action, name string) string {
	return v.text(a.pipeline.Stack, at(a.body, "Configuration", name))
}

func (v *review) category(a action) string {
	return v.text(a.pipeline.Stack, at(a.body, "ActionTypeId", "Category"))
}

func stages(v *review, r *assembly.Resource) {
	all := assembly.List(r.Get("Stages"))
	if len(all) < 2 {
		v.wrong(r, "add a source and a build stage", "the pipeline has %d stages, CodePipeline takes 2 or more", len(all))
	}
	names := map[string]bool{}
	for i, stage := range all {
		name := v.text(r.Stack, at(stage, "Name"))
		if names[name] {
			v.wrong(r, "name each stage differently", "two stages are called %s", shown(name))
		}
		names[name] = true
		actions := map[string]bool{}
		for _, body := range assembly.List(at(stage, "Actions")) {
			called := v.text(r.Stack, at(body, "Name"))
			if actions[called] {
				v.wrong(r, "name each action of a stage differently", "two actions of the stage %s are called %s", name, shown(called))
			}
			actions[called] = true
			isSource := at(body, "ActionTypeId", "Category") == "Source"
			if isSource != (i == 0) {
				v.wrong(r, "put source actions, and only those, into the first stage", "the action %s of the stage %s is of the category %v: the first stage has sources only, the others none",
					called, name, at(body, "ActionTypeId", "Category"))
			}
			if order, ok := number(at(body, "RunOrder")); ok && (order < 1 || order > 999) {
				v.wrong(r, "use 1 to 999", "the action %s has the RunOrder %v, want 1 to 999", called, order)
			}
		}
		if len(actions) == 0 {
			v.wrong(r, "add an action", "the stage %s has no action", shown(name))
		}
		for _, transition := range assembly.List(r.Get("DisableInboundStageTransitions")) {
			if at(transition, "StageName") == name {
				v.wrong(r, "remove DisableInboundStageTransitions", "the way into the stage %s is disabled: no commit gets there", name)
			}
		}
	}
}

func artifactStore(v *review, r *assembly.Resource) {
	if location := v.target(r.Stack, r.Get("ArtifactStore", "Location")); location == nil || location.Type != "AWS::S3::Bucket" {
		v.wrong(r, "refer to the bucket of artifacts", "ArtifactStore.Location is %s, want a bucket of the stack", shown(v.text(r.Stack, r.Get("ArtifactStore", "Location"))))
	}
	if kind := v.text(r.Stack, r.Get("ArtifactStore", "Type")); kind != "S3" {
		v.wrong(r, "set ArtifactStore.Type to S3", "ArtifactStore.Type is %s, want \"S3\"", shown(kind))
	}
	if kind := v.text(r.Stack, r.Get("ArtifactStore", "EncryptionKey", "Type")); kind != "KMS" && r.Get("ArtifactStore", "EncryptionKey") != nil {
		v.wrong(r, "set ArtifactStore.EncryptionKey.Type to KMS", "ArtifactStore.EncryptionKey.Type is %s, want \"KMS\"", shown(kind))
	}
}

// artifacts wants what an action takes to be made before, and made once.
func artifacts(v *review, r *assembly.Resource) {
	makers := map[string]action{}
	all := v.actionsOf(r)
	for _, a := range all {
		for _, output := range assembly.List(a.body["OutputArtifacts"]) {
			name := v.text(r.Stack, at(output, "Name"))
			if other, twice := makers[name]; twice {
				v.wrong(r, "name each output artifact differently", "the actions %s and %s both make the artifact %s", other.name, a.name, shown(name))
			}
			makers[name] = a
		}
	}
	for _, a := range all {
		inputs := assembly.List(a.body["InputArtifacts"])
		if len(inputs) == 0 && v.category(a) == "Build" {
			v.wrong(r, "set InputArtifacts to the source's artifact", "the build action %s takes no artifact", a.name)
		}
		for _, input := range inputs {
			name := v.text(r.Stack, at(input, "Name"))
			maker, made := makers[name]
			switch {
			case !made:
				v.wrong(r, "use the name of an output artifact of an earlier action: "+one(keysOf(makers)), "the action %s takes the artifact %s, which no action makes", a.name, shown(name))
			case !maker.before(a):
				v.wrong(r, "put the action "+maker.name+" before it", "the action %s takes the artifact %s, which %s makes only after it has started", a.name, shown(name), maker.name)
			}
		}
	}
}

func keysOf(m map[string]action) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// pipelineOrder wants the pipeline's rights first: it starts by itself the
// moment that it is made.
func pipelineOrder(v *review, r *assembly.Resource) {
	role := v.target(r.Stack, r.Get("RoleArn"))
	if role == nil || role.Type != "AWS::IAM::Role" {
		v.wrong(r, "refer to a role of the stack", "RoleArn is %s, want a role", shown(v.text(r.Stack, r.Get("RoleArn"))))
		return
	}
	policies := v.policiesOf(role)
	if len(policies)+len(assembly.List(role.Get("Policies"))) == 0 {
		v.wrong(role, "attach a policy with what the pipeline needs", "the role of the pipeline %s has no policy", r.LogicalID)
	}
	for _, policy := range policies {
		if !after(r, policy) {
			v.wrong(r, "add DependsOn "+policy.LogicalID, "the pipeline may be made before its role's policy %s: its first run fails", policy.LogicalID)
		}
	}
	for _, a := range v.actionsOf(r) {
		if repository := v.repository(a); repository != nil && repository.Stack == r.Stack && !after(r, repository) {
			v.wrong(r, "add DependsOn "+repository.LogicalID, "the pipeline may be made before its repository %s: its first run fails", repository.LogicalID)
		}
	}
	alerts := v.alertsOf(r)
	for _, project := range v.targets(r.Stack, r.Get("Stages")) {
		if project.Type == "AWS::CodeBuild::Project" {
			alerts = append(alerts, v.alertsOf(project)...)
		}
	}
	for _, rule := range alerts {
		if !after(r, rule) {
			v.wrong(r, "add DependsOn "+rule.LogicalID, "the pipeline may be made before the rule %s: nobody is told when its first run fails", rule.LogicalID)
		}
	}
}

// failureAlert wants somebody told when a pipeline or a build fails.
func failureAlert(v *review, r *assembly.Resource) {
	if len(v.assembly.All("AWS::SNS::Topic")) > 0 && len(v.alertsOf(r)) == 0 {
		v.wrong(r, "add an event rule for FAILED that sends to the topic", "no event rule tells the topic of alerts when it fails")
	}
}

// alertsOf are the rules that tell a topic of a failure of the pipeline or the build.
func (v *review) alertsOf(r *assembly.Resource) (found []*assembly.Resource) {
	for _, rule := range r.Stack.All("AWS::Events::Rule") {
		pattern := rule.Get("EventPattern")
		states := append(assembly.List(at(pattern, "detail", "state")), assembly.List(at(pattern, "detail", "build-status"))...)
		name := physicalName(r)
		aboutIt := v.refersTo(rule.Stack, pattern, r) || name != "" &&
			(slices.Contains(v.texts(rule.Stack, at(pattern, "detail", "project-name")), name) ||
				slices.ContainsFunc(v.texts(rule.Stack, at(pattern, "resources")), func(arn string) bool { return strings.HasSuffix(arn, ":"+name) }))
		if aboutIt && slices.Contains(states, any("FAILED")) && slices.ContainsFunc(assembly.List(rule.Get("Targets")), func(t any) bool {
			topic := v.target(rule.Stack, at(t, "Arn"))
			return topic != nil && topic.Type == "AWS::SNS::Topic"
		}) {
			found = append(found, rule)
		}
	}
	return found
}
