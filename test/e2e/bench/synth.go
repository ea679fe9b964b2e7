package bench

import (
	"context"

	"gitops-eks/test/e2e/replay"
	"gitops-eks/test/synthesis"
)

// Synthesize runs the project with its own settings, and reads what it made:
// what `cdk synth` does.
func Synthesize(ctx context.Context, root, out string) (*replay.Assembly, error) {
	if err := synthesis.RunAsIs(ctx, root, out); err != nil {
		return nil, err
	}
	return replay.ReadAssembly(out)
}

// SynthesizeProject does the same with the default settings and a copy of the
// seeds that this project ships, for tests: see [synthesis.Project].
func SynthesizeProject(ctx context.Context, root, out string) (*replay.Assembly, error) {
	if err := synthesis.RunProject(ctx, root, out, map[string]any{}); err != nil {
		return nil, err
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
