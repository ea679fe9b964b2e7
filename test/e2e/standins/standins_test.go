package standins

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheSeedStillHasWhatIsReplaced(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "testdata", "project", "manifests"))))
	require.NoError(t, ConfigRepository(dir))
	for _, r := range replacements {
		text, err := os.ReadFile(filepath.Join(dir, r.file))
		require.NoError(t, err)
		require.Contains(t, string(text), r.new)
	}
	require.ErrorContains(t, ConfigRepository(dir), "0 times, want once", "a second time there is nothing to replace")
}
