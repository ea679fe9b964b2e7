package rules

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// variableRules are about what actions pass on to each other.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html
var variableRules = []rule{
	{"pipeline-variables", eachAction(actionVariables)},
	{"pipeline-results", eachAction(results)},
	{"action-environment", eachAction(actionEnvironment)},
	{"pipeline-namespaces", eachAction(namespaces)},
}

// sourceVariables are what source actions give.
var sourceVariables = map[string][]string{
	"CodeCommit":               {"AuthorDate", "BranchName", "CommitId", "CommitMessage", "CommitterDate", "RepositoryName"},
	"CodeStarSourceConnection": {"AuthorDate", "AuthorDisplayName", "AuthorEmail", "AuthorId", "BranchName", "CommitId", "CommitMessage", "ConnectionArn", "FullRepositoryName", "ProviderType"},
	"S3":                       {"ETag", "VersionId"},
	"ECR":                      {"ImageDigest", "ImageTag", "ImageURI", "RegistryId", "RepositoryName"},
}

var pipelineVariable = regexp.MustCompile(`#\{([^.}]+)\.([^}]+)\}`)

func actionVariables(v *review, a action) {
	all := v.actionsOf(a.pipeline)
	for name := range object(at(a.body, "Configuration")) {
		for _, match := range pipelineVariable.FindAllStringSubmatch(v.setting(a, name), -1) {
			v.checkVariable(a, all, match[1], match[2])
		}
	}
}

func (v *review) checkVariable(a action, all []action, namespace, variable string) {
	if namespace == "codepipeline" || namespace == "variables" {
		return
	}
	i := slices.IndexFunc(all, func(other action) bool { return other.body["Namespace"] == namespace })
	if i < 0 {
		v.wrong(a.pipeline, "use the namespace of an earlier action", "the action %s uses #{%s.%s}, and no action has the namespace %s", a.name, namespace, variable, namespace)
		return
	}
	maker := all[i]
	if !maker.before(a) {
		v.wrong(a.pipeline, "put the action "+maker.name+" before it", "the action %s uses #{%s.%s}, which is set only after it has started", a.name, namespace, variable)
		return
	}
	provider := v.text(a.pipeline.Stack, at(maker.body, "ActionTypeId", "Provider"))
	known, limited := sourceVariables[provider]
	if project := v.project(maker); project != nil && provider == "CodeBuild" {
		known, limited = exported(v.buildSpec(project)), true
	}
	if limited && !slices.Contains(known, variable) {
		v.wrong(a.pipeline, "use "+one(known), "the action %s uses #{%s.%s}, and %s gives no such variable", a.name, namespace, variable, maker.name)
	}
}

// results wants what a build hands on to be taken: a digest that the release
// leaves out is a platform that the image does not have.
func results(v *review, a action) {
	project := v.project(a)
	if project == nil || a.body["Namespace"] == nil {
		return
	}
	var later strings.Builder
	for _, other := range v.actionsOf(a.pipeline) {
		if !a.before(other) {
			continue
		}
		for name := range object(at(other.body, "Configuration")) {
			later.WriteString(v.setting(other, name))
		}
	}
	namespace := v.text(a.pipeline.Stack, a.body["Namespace"])
	for _, variable := range exported(v.buildSpec(project)) {
		if use := "#{" + namespace + "." + variable + "}"; !strings.Contains(later.String(), use) {
			v.wrong(a.pipeline, "use "+use+" in a later action", "no later action uses %s, which the action %s hands on", use, a.name)
		}
	}
}

// exported are the variables that a build hands on.
func exported(buildSpec string) []string {
	var spec struct {
		Env struct {
			Exported []string `json:"exported-variables"`
		} `json:"env"`
	}
	if json.Unmarshal([]byte(buildSpec), &spec) != nil {
		return nil // YAML, or broken: the gate of build scripts says so
	}
	return spec.Env.Exported
}

// actionEnvironment wants the JSON text that CodePipeline parses only when it runs.
func actionEnvironment(v *review, a action) {
	text := v.setting(a, "EnvironmentVariables")
	if text == "" {
		return
	}
	var variables []struct {
		Name  string `json:"name"`
		Type  string `json:"type"`
		Value string `json:"value"`
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&variables); err != nil {
		v.wrong(a.pipeline, `write a JSON list of {"name", "type", "value"}`, "the action %s has EnvironmentVariables that are no JSON list: %v", a.name, err)
	} else if decoder.More() {
		v.wrong(a.pipeline, `write one JSON list of {"name", "type", "value"}`, "the action %s has EnvironmentVariables with more after the list", a.name)
	}
	seen := map[string]bool{}
	for _, variable := range variables {
		if variable.Name == "" || seen[variable.Name] {
			v.wrong(a.pipeline, "name each variable, once", "the action %s sets the variable %s twice or without a name", a.name, shown(variable.Name))
		}
		seen[variable.Name] = true
	}
}

func namespaces(v *review, a action) {
	for _, other := range v.actionsOf(a.pipeline) {
		if other.body["Namespace"] != nil && other.body["Namespace"] == a.body["Namespace"] && (other.stage != a.stage || other.name != a.name) {
			v.wrong(a.pipeline, "give each action a namespace of its own", "the actions %s and %s have the same namespace %v", other.name, a.name, a.body["Namespace"])
		}
	}
}
