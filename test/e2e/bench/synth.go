package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"gitops-eks/test/e2e/replay"
)

// Synthesize runs the project's program and reads what it made.
func Synthesize(ctx context.Context, root, out string) (*replay.Assembly, error) {
	synth := exec.CommandContext(ctx, "npx", "--no-install", "cdk", "synth", "--quiet", "--output", out)
	synth.Dir = root
	// The validator is a gate of its own, six seconds long.
	synth.Env = append(os.Environ(), "CDK_VALIDATION=false", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20")
	if text, err := synth.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("cdk synth: %w\n%s", err, text)
	}
	return replay.ReadAssembly(out)
}
