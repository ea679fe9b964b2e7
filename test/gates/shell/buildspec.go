package shell

import (
	"fmt"
	"maps"
	"slices"

	"sigs.k8s.io/yaml"
)

// phases in the order in which CodeBuild runs them.
var phases = []string{"install", "pre_build", "build", "post_build"}

// buildspec has the keys that CodeBuild knows; it passes over others in silence.
// https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
type buildspec struct {
	Version any    `json:"version"`
	RunAs   string `json:"run-as,omitempty"`
	Env     struct {
		Shell               string            `json:"shell,omitempty"`
		Variables           map[string]string `json:"variables,omitempty"`
		ParameterStore      map[string]string `json:"parameter-store,omitempty"`
		SecretsManager      map[string]string `json:"secrets-manager,omitempty"`
		ExportedVariables   []string          `json:"exported-variables,omitempty"`
		GitCredentialHelper string            `json:"git-credential-helper,omitempty"`
	} `json:"env,omitzero"`
	Proxy     map[string]string `json:"proxy,omitempty"`
	Batch     map[string]any    `json:"batch,omitempty"`
	Phases    map[string]phase  `json:"phases"`
	Reports   map[string]any    `json:"reports,omitempty"`
	Artifacts map[string]any    `json:"artifacts,omitempty"`
	Cache     struct {
		Key          string   `json:"key,omitempty"`
		FallbackKeys []string `json:"fallback-keys,omitempty"`
		Action       string   `json:"action,omitempty"`
		Paths        []string `json:"paths,omitempty"`
	} `json:"cache,omitzero"`
}

type phase struct {
	RunAs           string         `json:"run-as,omitempty"`
	OnFailure       any            `json:"on-failure,omitempty"`
	RuntimeVersions map[string]any `json:"runtime-versions,omitempty"`
	Commands        []string       `json:"commands"`
	Finally         []string       `json:"finally,omitempty"`
}

// runtimes that the standard images can choose from.
// https://docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html
var runtimes = []string{"dotnet", "golang", "java", "nodejs", "php", "python", "ruby", "android"}

// parse reads a buildspec, YAML or JSON, and refuses what CodeBuild would
// refuse or pass over.
func parse(text string) (*buildspec, error) {
	spec := &buildspec{}
	if err := yaml.UnmarshalStrict([]byte(text), spec); err != nil {
		return nil, err
	}
	if version := fmt.Sprint(spec.Version); version != "0.2" {
		return nil, fmt.Errorf("version is %s, want 0.2", version)
	}
	if shell := spec.Env.Shell; shell != "bash" {
		return nil, fmt.Errorf("env.shell is %q, want bash: the scripts use pipefail and arrays", shell)
	}
	if len(spec.Phases) == 0 {
		return nil, fmt.Errorf("it has no phases")
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Phases)) {
		phase := spec.Phases[name]
		if !slices.Contains(phases, name) {
			return nil, fmt.Errorf("the phase %s is none of %v", name, phases)
		}
		if len(phase.Commands) == 0 {
			return nil, fmt.Errorf("the phase %s has no commands", name)
		}
		if phase.OnFailure == "CONTINUE" {
			return nil, fmt.Errorf("the phase %s goes on after a failure, want ABORT", name)
		}
		for runtime := range phase.RuntimeVersions {
			if !slices.Contains(runtimes, runtime) {
				return nil, fmt.Errorf("runtime-versions has %s, which is none of %v", runtime, runtimes)
			}
			if name != "install" {
				return nil, fmt.Errorf("runtime-versions belongs to the phase install, not to %s", name)
			}
		}
	}
	return spec, nil
}
