// Package appimage makes images of the sample app without a container engine:
// the program that the Go compiler makes, on an empty base. The pipeline's
// Dockerfile puts it on Alpine, for the scan of ECR alone.
package appimage

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Options of [Build].
type Options struct {
	// Source is the folder of the app, a Go program. Required.
	Source string
	// Tag of the image, which the program reports as its version. Required.
	Tag string
	// Revision of the source. Default unknown.
	Revision string
	// Architectures to build for, in Go's words, such as amd64. At least one.
	Architectures []string
}

const (
	// program is where the Dockerfile has it.
	program = "hello"
	// user is the Dockerfile's, a number so that Kubernetes can check runAsNonRoot.
	user = "65532:65532"
	port = "8080/tcp"
)

// Build compiles the app for each architecture into one index of images.
func Build(ctx context.Context, o Options) (v1.ImageIndex, error) {
	if o.Revision == "" {
		o.Revision = "unknown"
	}
	if len(o.Architectures) == 0 {
		return nil, fmt.Errorf("image of %s: no architecture to build for", o.Source)
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, architecture := range o.Architectures {
		image, err := o.image(ctx, architecture)
		if err != nil {
			return nil, fmt.Errorf("image of %s for %s: %w", o.Source, architecture, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        image,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}},
		})
	}
	return index, nil
}

func (o Options) image(ctx context.Context, architecture string) (v1.Image, error) {
	text, err := o.compile(ctx, architecture)
	if err != nil {
		return nil, err
	}
	return Image(text, architecture, map[string]string{
		"org.opencontainers.image.title":    program,
		"org.opencontainers.image.version":  o.Tag,
		"org.opencontainers.image.revision": o.Revision,
		"org.opencontainers.image.created":  time.Now().UTC().Format(time.RFC3339),
	})
}

// Image is the app's, with a compiled program that needs nothing beside it.
func Image(text []byte, architecture string, labels map[string]string) (v1.Image, error) {
	layer, err := layerOf(text)
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), layer)
	if err != nil {
		return nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", architecture
	file.Config = v1.Config{
		Entrypoint:   []string{"/" + program},
		User:         user,
		ExposedPorts: map[string]struct{}{port: {}},
		Labels:       labels,
	}
	return mutate.ConfigFile(image, file)
}

// compile makes a program that needs nothing beside it, as the Dockerfile does.
func (o Options) compile(ctx context.Context, architecture string) (text []byte, err error) {
	dir, err := os.MkdirTemp("", "gitops-eks-image-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, program)
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -X main.version="+o.Tag+" -X main.revision="+o.Revision, "-o", out, ".")
	build.Dir = o.Source
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture)
	if output, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, output)
	}
	return os.ReadFile(out)
}
