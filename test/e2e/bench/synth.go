package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"gitops-eks/test/e2e/replay"
)

// quick keeps the synthesis short: the validator is a gate of its own, six seconds long.
var quick = []string{"CDK_VALIDATION=false", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20"}

// Synthesize runs the project as `cdk synth` does and reads what it made.
func Synthesize(ctx context.Context, root, out string) (*replay.Assembly, error) {
	synth := exec.CommandContext(ctx, "npx", "--no-install", "cdk", "synth", "--quiet", "--output", out)
	return read(synth, root, out)
}

// SynthesizeWith does the same with other settings. The command line takes no
// object for a context key, so the program gets it as from there.
func SynthesizeWith(ctx context.Context, root, out string, settings map[string]any) (*replay.Assembly, error) {
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
	app.Context["platform"] = settings
	app.Context["aws:cdk:enable-path-metadata"] = true // the command line does, and paths name the steps
	context, err := json.Marshal(app.Context)
	if err != nil {
		return nil, err
	}
	return read(exec.CommandContext(ctx, "go", "run", "."), root, out, "CDK_OUTDIR="+out, "CDK_CONTEXT_JSON="+string(context))
}

func read(synth *exec.Cmd, root, out string, env ...string) (*replay.Assembly, error) {
	synth.Dir = root
	synth.Env = append(append(os.Environ(), quick...), env...)
	if text, err := synth.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("synthesize: %w\n%s", err, text)
	}
	return replay.ReadAssembly(out)
}
