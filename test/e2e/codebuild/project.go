package codebuild

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// project is a CodeBuild project: what a build runs, and with which variables.
type project struct {
	commands []string
	// exported are the variables that later actions may read.
	exported  []string
	variables map[string]string
}

// buildSpec is what the stand-in knows of a buildspec; anything else in one is
// an error. A second phase would need CodeBuild's rules for failures.
type buildSpec struct {
	Version string `json:"version"`
	Env     struct {
		Shell    string   `json:"shell"`
		Exported []string `json:"exported-variables"`
	} `json:"env"`
	Phases struct {
		Build struct {
			Commands []string `json:"commands"`
		} `json:"build"`
	} `json:"phases"`
}

// variable is an environment variable, as projects and as actions write it.
type variable struct{ Name, Type, Value string }

func (t *template) project(id string) (*project, error) {
	r := t.Resources[id]
	if r == nil || r.Type != typeProject {
		return nil, fmt.Errorf("no CodeBuild project %s", id)
	}
	var properties struct {
		Source      struct{ Type, BuildSpec string }
		Environment struct{ EnvironmentVariables []variable }
	}
	if err := t.decode(id, "Source", &properties.Source); err != nil {
		return nil, err
	}
	if err := t.decode(id, "Environment", &properties.Environment); err != nil {
		return nil, err
	}
	if properties.Source.Type != "CODEPIPELINE" {
		return nil, fmt.Errorf("project %s has a source of type %q, the stand-in knows CODEPIPELINE only", id, properties.Source.Type)
	}
	p, err := parseBuildSpec(properties.Source.BuildSpec)
	if err != nil {
		return nil, fmt.Errorf("buildspec of %s: %w", id, err)
	}
	if p.variables, err = values(properties.Environment.EnvironmentVariables); err != nil {
		return nil, fmt.Errorf("project %s: %w", id, err)
	}
	return p, nil
}

func parseBuildSpec(text string) (*project, error) {
	var spec buildSpec
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&spec); err != nil {
		return nil, err
	}
	switch {
	case spec.Version != "0.2":
		return nil, fmt.Errorf("version is %q, the stand-in knows 0.2 only", spec.Version)
	case spec.Env.Shell != "bash":
		return nil, fmt.Errorf("env.shell is %q, the stand-in knows bash only", spec.Env.Shell)
	case len(spec.Phases.Build.Commands) == 0:
		return nil, fmt.Errorf("the phase build has no commands")
	}
	return &project{commands: spec.Phases.Build.Commands, exported: spec.Env.Exported}, nil
}

// values are those of variables, by name.
func values(variables []variable) (map[string]string, error) {
	byName := make(map[string]string, len(variables))
	for _, v := range variables {
		if v.Type != "PLAINTEXT" {
			return nil, fmt.Errorf("variable %s is of type %q, the stand-in knows PLAINTEXT only", v.Name, v.Type)
		}
		byName[v.Name] = v.Value
	}
	return byName, nil
}

// passed are the variables that an action gives to a build.
func passed(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	var variables []variable
	if err := json.NewDecoder(bytes.NewBufferString(text)).Decode(&variables); err != nil {
		return nil, fmt.Errorf("EnvironmentVariables: %w", err)
	}
	return values(variables)
}
