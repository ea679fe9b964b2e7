package rundir

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSweepsOnlyWhatNobodyHolds(t *testing.T) {
	parent := t.TempDir()
	living, release, err := New(parent)
	require.NoError(t, err)
	crashed := filepath.Join(parent, "run-crashed")
	require.NoError(t, os.Mkdir(crashed, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(crashed, lockName), nil, 0o600))

	_, releaseOther, err := New(parent)
	require.NoError(t, err)
	require.DirExists(t, living)
	require.NoDirExists(t, crashed)
	require.NoError(t, release())
	require.NoError(t, releaseOther())
	left, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Empty(t, left)
}
