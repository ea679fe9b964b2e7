package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"gitops-eks/test/e2e/replay"
	"gitops-eks/test/synthesis"
)

// Synthesize runs the project as `cdk synth` does and reads what it made.
func Synthesize(ctx context.Context, root, out string) (*replay.Assembly, error) {
	synth := exec.CommandContext(ctx, "npx", "--no-install", "cdk", "synth", "--quiet", "--output", out)
	synth.Dir = root
	synth.Env = append(os.Environ(), synthesis.Quick...)
	if text, err := synth.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("synthesize: %w\n%s", err, text)
	}
	return replay.ReadAssembly(out)
}

// SynthesizeWith does the same with other settings.
func SynthesizeWith(ctx context.Context, root, out string, settings map[string]any) (*replay.Assembly, error) {
	if err := synthesis.Run(ctx, root, out, settings); err != nil {
		return nil, err
	}
	return replay.ReadAssembly(out)
}
