package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/synthesis"
)

// What the bench deploys is what the command line would deploy.
func TestSynthesizeWritesTheTemplatesOfTheCommandLine(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	require.NoError(t, err)
	theirs, ours := t.TempDir(), t.TempDir()
	synth := exec.CommandContext(t.Context(), "npx", "--no-install", "cdk", "synth", "--quiet", "--output", theirs)
	synth.Dir, synth.Env = root, append(os.Environ(), synthesis.Quick...)
	text, err := synth.CombinedOutput()
	require.NoError(t, err, string(text))
	_, err = Synthesize(t.Context(), root, ours)
	require.NoError(t, err)

	templates, err := filepath.Glob(filepath.Join(theirs, "*.template.json"))
	require.NoError(t, err)
	require.NotEmpty(t, templates)
	for _, template := range append(templates, filepath.Join(theirs, "manifest.json")) {
		want, err := os.ReadFile(template)
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(ours, filepath.Base(template)))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), filepath.Base(template))
	}
}
