package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// built is the name of the image in buildah's own storage.
const built = "localhost/built"

// withBuildah runs the Dockerfile. No --platform: buildah would look for the
// base images in their registries, even if it has them. A native build needs none.
func (c *Call) withBuildah(ctx context.Context, i *image) (v1.Image, error) {
	bases, err := c.bases(ctx, i)
	if err != nil {
		return nil, err
	}
	args := append([]string{"bud", "--isolation", "chroot", "--tag", built,
		"--build-arg", "TARGETOS=linux", "--build-arg", "TARGETARCH=" + runtime.GOARCH}, bases...)
	for _, argument := range i.arguments {
		args = append(args, "--build-arg", argument)
	}
	for _, label := range i.labels {
		args = append(args, "--label", label)
	}
	if err := c.buildah(ctx, append(args, i.dir)...); err != nil {
		return nil, err
	}
	return c.export(ctx)
}

// export takes the image out of buildah's storage, since buildah itself cannot
// push without a tag.
func (c *Call) export(ctx context.Context) (v1.Image, error) {
	dir := filepath.Join(c.Dir, "layout")
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := c.buildah(ctx, "push", "--quiet", built, "oci:"+dir+":built"); err != nil {
		return nil, err
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	if len(manifest.Manifests) != 1 {
		return nil, fmt.Errorf("buildah made %d images, want 1", len(manifest.Manifests))
	}
	return index.Image(manifest.Manifests[0].Digest)
}

// buildah works below the settings' folders alone. Its cache mounts go by TMPDIR.
func (c *Call) buildah(ctx context.Context, args ...string) error {
	if err := errors.Join(os.MkdirAll(c.Dir, 0o700), os.MkdirAll(c.Caches, 0o700)); err != nil {
		return err
	}
	storage := []string{"--storage-driver", "vfs", "--root", filepath.Join(c.Dir, "storage"), "--runroot", filepath.Join(c.Dir, "run")}
	return c.tool(ctx, "", []string{"TMPDIR=" + c.Caches}, "buildah", append(storage, args...)...)
}

// tool runs a program of this machine, not of the build.
func (c *Call) tool(ctx context.Context, dir string, env []string, name string, args ...string) error {
	cmd, err := c.command(ctx, dir, env, name, args...)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = c.Stderr, c.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// output is what a program of this machine prints.
func (c *Call) output(ctx context.Context, name string, args ...string) (string, error) {
	cmd, err := c.command(ctx, "", nil, name, args...)
	if err != nil {
		return "", err
	}
	cmd.Stderr = c.Stderr
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(text)), nil
}

func (c *Call) command(ctx context.Context, dir string, env []string, name string, args ...string) (*exec.Cmd, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Env = dir, append(append([]string{}, c.Environment...), env...)
	return cmd, nil
}
