package codebuild

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/codebuild/docker"
	"gitops-eks/test/e2e/registry"
)

const (
	// commit that the tests pretend to build.
	commit     = "0123456789abcdef0123456789abcdef01234567"
	repository = "platform/hello"
	// release is how a released image is tagged.
	release = `^[0-9]{8}T[0-9]{6}Z-0123456$`
)

// snapshot is an app's stack of one of the project's sets of settings.
func snapshot(settings string) string {
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "snapshots", settings, "app-*.json"))
	if err != nil || len(files) == 0 {
		return "no stack of an app in " + settings
	}
	return files[0]
}

// machine is a runner with a registry of its own.
type machine struct {
	*Runner
	images *registry.Server
	output *strings.Builder
}

func start(t *testing.T, settings, builder string) *machine {
	t.Helper()
	delivery, err := Read(snapshot(settings), Values{})
	require.NoError(t, err)
	images, err := registry.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, images.Down()) })
	m := &machine{images: images, output: &strings.Builder{}}
	m.Runner, err = New(t.Context(), Options{
		Module: "..", Delivery: delivery, Registry: images.Address, Dir: t.TempDir(), Builder: builder, Output: m.output,
	})
	require.NoError(t, err)
	return m
}

// pipeline runs the only pipeline for the sample app.
func (m *machine) pipeline(t *testing.T) error {
	t.Helper()
	require.Len(t, m.Delivery.Pipelines, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	return m.Run(ctx, m.Delivery.Pipelines[0], Code{Dir: filepath.Join("..", "..", "testdata", "project", "app"), Commit: commit})
}

// in is the app's repository in the local registry.
func (m *machine) in(t *testing.T) name.Repository {
	t.Helper()
	in, err := name.NewRepository(m.images.Address+"/"+repository, name.Insecure)
	require.NoError(t, err)
	return in
}

// tags in the registry, none when nothing was pushed.
func (m *machine) tags(t *testing.T) []string {
	t.Helper()
	tags, err := remote.List(m.in(t))
	var answer *transport.Error
	if err != nil {
		require.ErrorAs(t, err, &answer)
		require.Equal(t, http.StatusNotFound, answer.StatusCode)
	}
	return tags
}

// edited is a template of the default settings with a change.
func edited(t *testing.T, old, changed string) string {
	t.Helper()
	text, err := os.ReadFile(snapshot("default"))
	require.NoError(t, err)
	require.Contains(t, string(text), old, "there is nothing to change")
	after := strings.ReplaceAll(string(text), old, changed)
	require.True(t, json.Valid([]byte(after)))
	file := filepath.Join(t.TempDir(), "app-hello.template.json")
	require.NoError(t, os.WriteFile(file, []byte(after), 0o600))
	return file
}

// builders of this machine.
func builders() []string { return []string{docker.Go, docker.Buildah} }
