package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// enough is a machine that has all that is needed.
func enough() machine {
	versions := map[string]string{
		"go": "go version go1.26.8 linux/amd64", "node": "v22.14.0", "npx": "10.9.2",
		"git": "git version 2.39.5 (Apple Git-154)", "make": "GNU Make 3.81", "python3": "Python 3.11.7",
	}
	return machine{
		output: func(_ context.Context, name string, _ ...string) (string, error) { return versions[name], nil },
		folders: func(_ context.Context, first bool) ([]folder, error) {
			if first {
				return []folder{{path: "/tmp", use: "the files of a run", move: "set TMPDIR", needMiB: 1024}, {path: "/home", use: "the programs", move: "set CACHE", needMiB: 2048}}, nil
			}
			return []folder{{path: "/tmp", use: "the files of a run", move: "set TMPDIR", needMiB: 512}}, nil
		},
		writable: func(string) error { return nil },
		free:     func(string) (uint64, uint64, error) { return 1, 3072, nil },
		memory:   func() (int, bool) { return 4096, true },
	}
}

// installed is a root with node_modules.
func installed(t *testing.T) string {
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "node_modules", "aws-cdk"), 0o700))
	return root
}

func TestAMachineThatHasEnoughIsTaken(t *testing.T) {
	require.NoError(t, check(t.Context(), enough(), installed(t), true))
	unknown := enough()
	unknown.memory = func() (int, bool) { return 0, false }
	require.NoError(t, check(t.Context(), unknown, installed(t), true), "macOS does not say")
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	answers := func(tool, answer string, problem error) func(*machine) {
		return func(m *machine) {
			others := m.output
			m.output = func(ctx context.Context, name string, args ...string) (string, error) {
				if name == tool {
					return answer, problem
				}
				return others(ctx, name, args...)
			}
		}
	}
	for want, change := range map[string]func(*machine){
		"python3 is not installed or does not run (not found): it runs AWS's handler; get it from the package python3 of your system": answers("python3", "", errors.New("not found")),
		"go is 1.25, at least 1.26 is needed: it builds the control plane and Flux; get it from https://go.dev/dl":                    answers("go", "go version go1.25.1 darwin/arm64", nil),
		"node is 18.20, at least 20.0 is needed":                                                answers("node", "v18.20.4", nil),
		`git does not say its version but "hello": is it another program of that name?`:         answers("git", "hello", nil),
		"1024 MiB of memory are available, the preview needs 2048":                              func(m *machine) { m.memory = func() (int, bool) { return 1024, true } },
		"the disk of /tmp has 3071 MiB free, the preview needs 3072 there: free some, or set T": func(m *machine) { m.free = func(string) (uint64, uint64, error) { return 1, 3071, nil } },
		"/home, for the programs, cannot be written: read-only; set CACHE": func(m *machine) {
			m.writable = func(path string) error {
				if path == "/home" {
					return errors.New("read-only")
				}
				return nil
			}
		},
	} {
		m := enough()
		change(&m)
		require.ErrorContains(t, check(t.Context(), m, installed(t), true), want)
	}
	require.ErrorContains(t, check(t.Context(), enough(), t.TempDir(), true), "run npm ci there")
}

func TestTheSecondTimeNeedsLess(t *testing.T) {
	m := enough()
	m.free = func(string) (uint64, uint64, error) { return 1, 600, nil }
	require.NoError(t, check(t.Context(), m, installed(t), false))
	require.Error(t, check(t.Context(), m, installed(t), true))
}

func TestEachDiskIsAskedForItsOwnFolders(t *testing.T) {
	m := enough()
	m.free = func(path string) (uint64, uint64, error) {
		return map[string]uint64{"/tmp": 1, "/home": 2}[path], 2048, nil
	}
	require.NoError(t, check(t.Context(), m, installed(t), true), "1024 on one, 2048 on the other")
}

func TestThisMachineAnswers(t *testing.T) {
	m := thisMachine()
	dir := filepath.Join(t.TempDir(), "new")
	require.NoError(t, m.writable(dir))
	require.DirExists(t, dir)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
	_, mebibytes, err := m.free(dir)
	require.NoError(t, err)
	require.NotZero(t, mebibytes)
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.Error(t, m.writable(filepath.Join(file, "below")))
	for _, first := range []bool{true, false} {
		all, err := m.folders(t.Context(), first)
		require.NoError(t, err)
		for _, f := range all {
			require.True(t, filepath.IsAbs(f.path), f.path)
		}
	}
	for _, tool := range tools {
		require.NoError(t, tool.check(t.Context(), m))
	}
}
