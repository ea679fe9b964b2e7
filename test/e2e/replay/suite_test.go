package replay

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/cloudassembly"
	"gitops-eks/test/synthesis"
)

const environment = "dev"

// synthesized is the project's own assembly, synthesized once.
var synthesized = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "gitops-eks-replay-")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npx", "--no-install", "cdk", "synth", "--quiet", "--output", dir)
	cmd.Dir = filepath.Join("..", "..", "..")
	cmd.Env = append(os.Environ(), synthesis.Quick...)
	if output, err := cmd.CombinedOutput(); err != nil {
		return dir, fmt.Errorf("cdk synth: %w: run npm ci first?\n%s", err, output)
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, _ := synthesized(); dir != "" {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

func deadline(t *testing.T, limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

// original is the folder of the project's assembly.
func original(t *testing.T) string {
	t.Helper()
	dir, err := synthesized()
	require.NoError(t, err)
	return dir
}

// edited is a copy of the project's assembly with another template of a stack.
func edited(t *testing.T, stack string, edit func(template map[string]any)) string {
	t.Helper()
	from, to := original(t), t.TempDir()
	entries, err := os.ReadDir(from)
	require.NoError(t, err)
	for _, entry := range entries {
		require.NoError(t, os.Symlink(filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name())))
	}
	name := stack + ".template.json"
	var template map[string]any
	require.NoError(t, cloudassembly.ReadJSON(filepath.Join(from, name), &template))
	edit(template)
	replace(t, to, name, template)
	return to
}

func replace(t *testing.T, dir, name string, value any) {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	path := filepath.Join(dir, name)
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.WriteFile(path, text, 0o600))
}

// resource finds a resource of a template by the end of its construct's path.
func resource(t *testing.T, template map[string]any, path string) map[string]any {
	t.Helper()
	for _, r := range template["Resources"].(map[string]any) {
		r := r.(map[string]any)
		metadata, _ := r["Metadata"].(map[string]any)
		at, _ := metadata["aws:cdk:path"].(string)
		if strings.HasSuffix(at, path+"/Resource/Default") {
			return r
		}
	}
	t.Fatalf("no resource at %s", path)
	return nil
}

func properties(t *testing.T, template map[string]any, path string) map[string]any {
	return resource(t, template, path)["Properties"].(map[string]any)
}

func read(t *testing.T, dir string) *Assembly {
	t.Helper()
	a, err := ReadAssembly(dir)
	require.NoError(t, err)
	return a
}

// fakes are programs in the place of the layer's, which note how they are called.
type fakes struct {
	dir string
	*Replay
}

// fake replays an assembly with kubectl and helm that do nothing but note it.
func fake(t *testing.T, o Options) *fakes {
	t.Helper()
	f := &fakes{dir: t.TempDir()}
	if o.Assembly == nil {
		o.Assembly = read(t, original(t))
	}
	layer := filepath.Join(f.dir, "asset.0123456789abcdef0123.zip")
	archive, err := os.Create(layer)
	require.NoError(t, err)
	writer := zip.NewWriter(archive)
	for _, tool := range tools {
		name := filepath.Base(tool)
		file, err := writer.Create(tool)
		require.NoError(t, err)
		_, err = fmt.Fprintf(file, "#!/bin/sh\necho \"%[1]s $*\" >>%[2]s/calls\n[ \"$1\" = pull ] && exit 0\nif [ -f %[2]s/%[1]s.sh ]; then . %[2]s/%[1]s.sh; fi\ncase \"$*\" in *jsonpath*) printf \"'there'\" ;; esac\n", name, f.dir)
		require.NoError(t, err)
	}
	require.NoError(t, writer.Close())
	require.NoError(t, archive.Close())
	for key, path := range o.Assembly.Stacks[0].assets {
		if strings.HasSuffix(path, ".zip") {
			o.Assembly.Stacks[0].assets[key] = layer
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(f.dir, "kubeconfig"), nil, 0o600))
	o.Environment, o.Kubeconfig, o.Dir, o.Cache = environment, filepath.Join(f.dir, "kubeconfig"), filepath.Join(f.dir, "requests"), filepath.Join(f.dir, "cache")
	f.Replay, err = New(t.Context(), o)
	require.NoError(t, err)
	f.reachable = func(context.Context, string) error { return nil }
	return f
}

// behave gives kubectl a script of shell to run.
func (f *fakes) behave(t *testing.T, script string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(f.dir, "kubectl.sh"), []byte(script), 0o600))
}

// calls are the calls noted since the last look, with the folder of the
// request left out.
func (f *fakes) calls(t *testing.T) (calls []string) {
	t.Helper()
	path := filepath.Join(f.dir, "calls")
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		words := strings.Fields(line)
		for i, word := range words {
			if strings.HasPrefix(word, f.Dir) {
				words[i] = "TMP/" + filepath.Base(word)
			}
		}
		calls = append(calls, strings.Join(words, " "))
	}
	return calls
}

// summary is a line for each step.
func summary(steps []Step) (lines []string) {
	for _, s := range steps {
		line := s.Request + " " + strings.TrimPrefix(s.Path, environment+"-") + " " + s.Outcome
		if s.Again > 0 {
			line += " again"
		}
		lines = append(lines, line)
	}
	return lines
}
