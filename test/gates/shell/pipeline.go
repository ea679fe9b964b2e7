package shell

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/incluster"
)

// given are the variables that a project's commands begin with: its own and
// those of every action that runs it.
func (r *review) given(p *project) map[string]bool {
	found := map[string]bool{}
	for _, variables := range []map[string]string{p.spec.Env.Variables, p.spec.Env.ParameterStore, p.spec.Env.SecretsManager} {
		for name := range variables {
			found[name] = true
		}
	}
	own, _ := p.Get("Environment", "EnvironmentVariables").([]any)
	for _, one := range own {
		if name, ok := at(one, "Name").(string); ok {
			found[name] = true
		}
	}
	for _, action := range r.actions() {
		if at(action.configuration, "ProjectName", "Ref") != p.LogicalID {
			continue
		}
		for _, v := range action.variables {
			found[v.Name] = true
		}
	}
	return found
}

type variable struct{ Name, Value string }

// variables are those that an action gives to its build.
func (r *review) variables(s *assembly.Stack, configuration any) ([]variable, error) {
	value := at(configuration, "EnvironmentVariables")
	if value == nil {
		return nil, nil
	}
	text, err := incluster.Text(r.assembly, s, value)
	if err != nil {
		return nil, err
	}
	var variables []variable
	return variables, json.Unmarshal([]byte(text), &variables)
}

type action struct {
	configuration any
	variables     []variable
}

// actions are those of every pipeline.
func (r *review) actions() []action {
	var found []action
	for _, pipeline := range r.assembly.All("AWS::CodePipeline::Pipeline") {
		stages, _ := pipeline.Get("Stages").([]any)
		for _, stage := range stages {
			actions, _ := at(stage, "Actions").([]any)
			for _, one := range actions {
				a := action{configuration: at(one, "Configuration")}
				a.variables, _ = r.variables(pipeline.Stack, a.configuration) // checkPipelines says when they cannot be read
				found = append(found, a)
			}
		}
	}
	return found
}

// checkPipelines holds that what an action hands on is what another one set.
func (r *review) checkPipelines(projects []*project) {
	for _, pipeline := range r.assembly.All("AWS::CodePipeline::Pipeline") {
		provided := map[string][]string{} // namespace to its variables; nil means any
		stages, _ := pipeline.Get("Stages").([]any)
		for _, stage := range stages {
			actions, _ := at(stage, "Actions").([]any)
			for _, one := range actions {
				name, _ := at(one, "Name").(string)
				variables, err := r.variables(pipeline.Stack, at(one, "Configuration"))
				if err != nil {
					r.add("pipeline", pipeline, "make them a JSON list of name, type and value", "the action %s: EnvironmentVariables is no JSON: %v", name, err)
				}
				for _, v := range variables {
					checkReferences(name, v, provided, func(format string, args ...any) {
						r.add("pipeline", pipeline, "name a variable that an action of an earlier stage exports", format, args...)
					})
				}
			}
			for _, one := range actions { // only later stages see them
				namespace, _ := at(one, "Namespace").(string)
				if namespace == "" {
					continue
				}
				provided[namespace] = nil
				for _, p := range projects {
					if at(one, "Configuration", "ProjectName", "Ref") == p.LogicalID {
						provided[namespace] = append([]string{}, p.spec.Env.ExportedVariables...)
					}
				}
			}
		}
	}
}

// checkReferences looks at each #{namespace.variable} in a value.
func checkReferences(action string, v variable, provided map[string][]string, wrong func(string, ...any)) {
	for _, part := range strings.Split(v.Value, "#{")[1:] {
		reference, _, _ := strings.Cut(part, "}")
		namespace, name, _ := strings.Cut(reference, ".")
		exported, known := provided[namespace]
		switch {
		case namespace == "codepipeline":
		case !known:
			wrong("the action %s: %s refers to %s, and no earlier action has the namespace %s", action, v.Name, reference, namespace)
		case exported != nil && !slices.Contains(exported, name):
			wrong("the action %s: %s refers to %s, and that action does not export %s", action, v.Name, reference, name)
		}
	}
}

// at follows names into nested objects; nil when a step is not there.
func at(value any, path ...string) any {
	for _, step := range path {
		object, _ := value.(map[string]any)
		value = object[step]
	}
	return value
}

var (
	thresholds = []string{"low", "medium", "high", "critical", "none"}
	pinned     = regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)
)

// checkSettings looks at the values of the variables that the scripts rely on.
func (r *review) checkSettings(p *project) {
	own, _ := p.Get("Environment", "EnvironmentVariables").([]any)
	for _, one := range own {
		name, _ := at(one, "Name").(string)
		value, err := incluster.Text(r.assembly, p.Stack, at(one, "Value"))
		switch {
		case err != nil:
			r.add("variable", p.Resource, "mend the expression", "%s %v", name, err)
		case value == "":
			r.add("variable", p.Resource, "give it a value", "%s is empty", name)
		case name == "SCAN_THRESHOLD" && !slices.Contains(thresholds, value):
			r.add("threshold", p.Resource, "choose one of "+strings.Join(thresholds, ", "), "SCAN_THRESHOLD is %q: every build would fail", value)
		case name == "BUILDKIT_IMAGE" && !pinned.MatchString(value):
			r.add("variable", p.Resource, "pin it by digest", "BUILDKIT_IMAGE %s is not pinned by a digest", value)
		case name == "PLATFORM" && value != "linux/amd64" && value != "linux/arm64":
			r.add("variable", p.Resource, "set linux/amd64 or linux/arm64", "PLATFORM is %q", value)
		}
	}
}
