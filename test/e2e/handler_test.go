package e2e

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/replay"
)

// TestHandler: what AWS's handler may go through. Each request's answer is lost
// and the request comes again; then each resource is updated, with the handler
// killed the first time; then the sync cannot become ready, and the deployment
// fails in time and says why. What was deployed twice has to carry a load, too:
// of all environments this one is idle first.
func TestHandler(t *testing.T) {
	t.Parallel()
	disturb := func(step replay.Step) *replay.Disturbance {
		if step.Again == 0 {
			return &replay.Disturbance{LoseAnswer: true}
		}
		return nil
	}
	b := start(t, bench.Options{Change: func(o *replay.Options) { o.Disturb = func(s replay.Step) *replay.Disturbance { return disturb(s) } }})
	ctx := deadline(t, 10*time.Minute)
	require.NoError(t, b.Deploy(ctx), "each create, and again after a lost answer")
	require.NotEmpty(t, outcomes(b, replay.Lost))
	require.True(t, t.Run("Scale", func(t *testing.T) { testScale(t, b) })) // before the update, which is not what is shipped

	disturb = func(step replay.Step) *replay.Disturbance {
		if step.Again == 0 {
			return &replay.Disturbance{Kill: func(context.Context) { time.Sleep(200 * time.Millisecond) }}
		}
		return nil
	}
	before := len(b.Replay.Steps())
	changed, err := bench.SynthesizeWith(ctx, b.Root, filepath.Join(b.Dir, "changed"), map[string]any{
		"environments": []any{map[string]any{"name": "dev", "flux": map[string]any{"intervalSeconds": 120, "alerts": map[string]any{"type": "slack"}}}},
	})
	require.NoError(t, err)
	require.NoError(t, b.Replay.Update(ctx, changed), "each update, and again after a killed handler")
	updated := map[string]bool{}
	for _, step := range b.Replay.Steps()[before:] {
		updated[step.Path] = true
	}
	for _, path := range []string{"Facts", "Source", "Tenants", "TenantsReady", "Platform", "PlatformReady"} {
		require.Contains(t, updated, "dev-gitops/Sync/"+path)
	}
	require.NotEmpty(t, outcomes(b, replay.Killed))

	disturb = func(replay.Step) *replay.Disturbance { return nil }
	c := clone(t, ctx, b)
	require.NoError(t, c.Write("tenants/kustomization.yaml", "kind: [\n"))
	push(t, ctx, c, "Break the tenants")
	broken, err := bench.SynthesizeWith(ctx, b.Root, filepath.Join(b.Dir, "broken"), map[string]any{
		"environments": []any{map[string]any{"name": "dev", "flux": map[string]any{"intervalSeconds": 90}}},
	})
	require.NoError(t, err)
	// Ten minutes of the handler, here thirty seconds.
	b.Replay.Scale(0.05)
	err = b.Replay.Update(ctx, broken)
	require.ErrorContains(t, err, "dev-gitops/Sync/TenantsReady")
	require.ErrorContains(t, err, "kubectl -n flux-system describe kustomizations.kustomize.toolkit.fluxcd.io/tenants")
	t.Log(err)
}

// outcomes are the paths of the steps with that outcome.
func outcomes(b *bench.Bench, outcome string) (paths []string) {
	for _, step := range b.Replay.Steps() {
		if step.Outcome == outcome {
			paths = append(paths, step.Path)
		}
	}
	return paths
}
