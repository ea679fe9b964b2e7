package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"gitops-eks/test/e2e/bench/appimage"
)

// What the Dockerfile's command writes, and what the stand-in has it write.
const (
	inDockerfile = "-o /out/hello "
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
	text, err := os.ReadFile(output)
	if err != nil {
		return nil, fmt.Errorf("go build made no binary: %w", err)
	}
	labels := map[string]string{}
	for _, label := range i.labels {
		key, value, _ := strings.Cut(label, "=")
		labels[key] = value
	}
	return appimage.Image(text, architecture, labels)
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
