package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// What the Dockerfile says about the image that it makes.
const (
	binary       = "/hello"
	inDockerfile = "-o /out/hello "
	nobody       = "65532:65532"
	elsewhere    = `-o "$OUTPUT" `
)

// withGo makes the image with the Dockerfile's own go build, run on this machine.
func (c *Call) withGo(ctx context.Context, i *image) (v1.Image, error) {
	line, err := goBuild(filepath.Join(i.dir, "Dockerfile"))
	if err != nil {
		return nil, err
	}
	output := filepath.Join(c.Dir, "hello")
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	_, architecture, _ := strings.Cut(i.platform, "/")
	env := append([]string{"CGO_ENABLED=0", "GOTOOLCHAIN=local", "TARGETOS=linux", "TARGETARCH=" + architecture, "OUTPUT=" + output}, i.arguments...)
	if err := c.tool(ctx, i.dir, env, "sh", "-c", line); err != nil {
		return nil, err
	}
	layer, err := layerOf(output)
	if err != nil {
		return nil, err
	}
	made, err := mutate.AppendLayers(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), layer)
	if err != nil {
		return nil, err
	}
	config, err := made.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", architecture
	config.Config = v1.Config{Entrypoint: []string{binary}, User: nobody, Labels: map[string]string{}}
	for _, label := range i.labels {
		key, value, _ := strings.Cut(label, "=")
		config.Config.Labels[key] = value
	}
	return mutate.ConfigFile(made, config)
}

var mounts = regexp.MustCompile(`--mount=\S+\s+`)

// goBuild is the command of the Dockerfile that compiles, with another output.
func goBuild(dockerfile string) (string, error) {
	text, err := os.ReadFile(dockerfile)
	if err != nil {
		return "", err
	}
	joined := strings.ReplaceAll(string(text), "\\\n", " ")
	for line := range strings.Lines(joined) {
		command, ok := strings.CutPrefix(line, "RUN ")
		if ok && strings.Contains(command, " go build ") && strings.Contains(command, inDockerfile) {
			command = mounts.ReplaceAllString(command, "")
			return strings.Replace(command, inDockerfile, elsewhere, 1), nil
		}
	}
	return "", errors.New("the Dockerfile runs no `go build … " + inDockerfile + "…`, which the stand-in would run")
}

// layerOf is a layer with the binary alone, the same for the same binary.
func layerOf(file string) (v1.Layer, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("go build made no binary: %w", err)
	}
	var packed bytes.Buffer
	writer := tar.NewWriter(&packed)
	if err := writer.WriteHeader(&tar.Header{Name: strings.TrimPrefix(binary, "/"), Mode: 0o755, Size: int64(len(text))}); err != nil {
		return nil, err
	}
	if _, err := writer.Write(text); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(packed.Bytes())), nil
	}, tarball.WithMediaType(types.OCILayer))
}
