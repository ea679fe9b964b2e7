// Package synthesis runs the program with any settings, as the CDK command line
// does: the command line itself takes no object for a context key. It imports
// nothing of the CDK, so that the modules below test/ can use it.
package synthesis

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
)

// Context is the program's context from cdk.json in root, with platform as
// its settings, as JSON.
func Context(root string, platform map[string]any) ([]byte, error) {
	return contextWith(root, map[string]any{"platform": platform, pathMetadata: true})
}

// pathMetadata is one of the keys that the command line sets by default.
const pathMetadata = "aws:cdk:enable-path-metadata"

// contextWith is the context from cdk.json in root, with more keys, as JSON.
func contextWith(root string, more map[string]any) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, "cdk.json"))
	if err != nil {
		return nil, err
	}
	var app struct {
		Context map[string]any `json:"context"`
	}
	if err := json.Unmarshal(text, &app); err != nil {
		return nil, fmt.Errorf("cdk.json: %w", err)
	}
	if app.Context == nil {
		app.Context = map[string]any{}
	}
	maps.Copy(app.Context, more)
	return json.Marshal(app.Context)
}

// Quick are variables that keep a synthesis short: the template validator, which
// takes six seconds, is off.
var Quick = []string{"CDK_VALIDATION=false", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20"}

// Environment is what the program reads besides the process's environment:
// the context and the folder to write. It is [Quick].
func Environment(context []byte, out string) []string {
	return append([]string{"CDK_CONTEXT_JSON=" + string(context), "CDK_OUTDIR=" + out}, Quick...)
}

// Run synthesizes the program in root with the settings into the folder out.
// The error holds what the program said, such as the mistakes in the settings.
func Run(ctx context.Context, root, out string, platform map[string]any) error {
	values, err := Context(root, platform)
	if err != nil {
		return err
	}
	return run(ctx, root, out, values)
}

// Project is where the tests of the tools find the seeds: a copy of manifests/
// and app/, which become something else in a project of one's own.
var Project = filepath.Join("test", "testdata", "project")

// RunProject is [Run] with the seeds of [Project].
func RunProject(ctx context.Context, root, out string, platform map[string]any) error {
	values, err := Context(root, platform)
	if err != nil {
		return err
	}
	return run(ctx, filepath.Join(root, Project), out, values)
}

// RunAsIs synthesizes the program with the settings that it has. The templates
// are those of `cdk synth`, in two thirds of its time: they have all that the
// command line adds to the context by default.
func RunAsIs(ctx context.Context, root, out string) error {
	values, err := contextWith(root, map[string]any{
		pathMetadata: true, "aws:cdk:enable-asset-metadata": true, "aws:cdk:version-reporting": true,
	})
	if err != nil {
		return err
	}
	return run(ctx, root, out, values)
}

func run(ctx context.Context, dir, out string, values []byte) error {
	out, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	program := exec.CommandContext(ctx, "go", "run", "gitops-eks") // by name, from any folder of the module
	program.Dir = dir
	program.Env = append(os.Environ(), Environment(values, out)...)
	if text, err := program.CombinedOutput(); err != nil {
		return fmt.Errorf("synthesize: %w\n%s", err, text)
	}
	return nil
}
