package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// The arguments of the Dockerfile that name its base images.
const (
	goImage      = "GO_IMAGE"
	runtimeImage = "RUNTIME_IMAGE"
)

// patience is how long a registry of base images may take to answer.
const patience = 10 * time.Second

var baseImage = regexp.MustCompile(`(?m)^ARG (\w+_IMAGE)=(\S+)$`)

// bases answers the arguments that replace the base images, none where they
// can be pulled.
func (c *Call) bases(ctx context.Context, i *image) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(i.dir, "Dockerfile"))
	if err != nil {
		return nil, err
	}
	bases := map[string]string{}
	for _, match := range baseImage.FindAllStringSubmatch(string(text), -1) {
		bases[match[1]] = match[2]
	}
	if found := slices.Sorted(maps.Keys(bases)); !slices.Equal(found, []string{goImage, runtimeImage}) {
		return nil, fmt.Errorf("the Dockerfile has the base images %q, the stand-in knows %s and %s", found, goImage, runtimeImage)
	}
	out := errors.Join(reachable(ctx, bases[goImage]), reachable(ctx, bases[runtimeImage]))
	if out == nil {
		return nil, nil
	}
	fmt.Fprintf(c.Stderr, "STAND-IN: the base images are made of this machine's /bin/sh and Go, since they cannot be pulled: %s\n", strings.ReplaceAll(out.Error(), "\n", "; "))
	if err := errors.Join(c.makeRuntime(ctx), c.makeGo(ctx)); err != nil {
		return nil, err
	}
	volumes, err := c.goVolumes(ctx, i)
	return append(volumes,
		"--build-arg", goImage+"="+standInName(goImage),
		"--build-arg", runtimeImage+"="+standInName(runtimeImage)), err
}

func reachable(ctx context.Context, image string) error {
	reference, err := name.ParseReference(image)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err = remote.Head(reference, remote.WithContext(ctx))
	return err
}

func standInName(argument string) string { return "localhost/" + strings.ToLower(argument) }

// makeRuntime makes a base that holds nothing but a folder: nothing is run in it.
func (c *Call) makeRuntime(ctx context.Context) error {
	return c.makeBase(ctx, runtimeImage, nil, "")
}

// proxy is where the machine's modules are in the stand-in, see goVolumes.
const proxy = "/var/goproxy"

// makeGo makes a base with a shell. What the go command needs beside it is in
// the image's environment, as the Dockerfile stays as it is.
func (c *Call) makeGo(ctx context.Context) error {
	files, err := c.shell(ctx)
	if err != nil {
		return err
	}
	// HOME and GOPATH as in the real one: the Dockerfile mounts its caches there.
	return c.makeBase(ctx, goImage, files, "ENV HOME=/root GOPATH=/go PATH=/usr/local/go/bin:/bin GOPROXY=file://"+proxy+"\n")
}

var library = regexp.MustCompile(`(/\S+) \(0x`)

// shell is /bin/sh and the libraries that it is linked with.
func (c *Call) shell(ctx context.Context) ([]string, error) {
	text, err := c.output(ctx, "ldd", "/bin/sh")
	if err != nil {
		return nil, err
	}
	files := []string{"/bin/sh"}
	for _, match := range library.FindAllStringSubmatch(text, -1) {
		files = append(files, match[1])
	}
	return files, nil
}

// makeBase makes a base image of files of this machine, in their places.
func (c *Call) makeBase(ctx context.Context, argument string, files []string, more string) error {
	dir := filepath.Join(c.Dir, strings.ToLower(argument))
	root := filepath.Join(dir, "root")
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(filepath.Join(root, "tmp"), 0o755)); err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(file)), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(root, file), text, 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY root /\n"+more), 0o600); err != nil {
		return err
	}
	return c.buildah(ctx, "bud", "--quiet", "--tag", standInName(argument), dir)
}

// goVolumes lends the machine's Go to the build, and its modules as a proxy:
// what the app needs is downloaded out here, where the network is set up.
func (c *Call) goVolumes(ctx context.Context, i *image) ([]string, error) {
	if err := c.tool(ctx, i.dir, nil, "go", "mod", "download"); err != nil {
		return nil, err
	}
	root, err := c.output(ctx, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	modules, err := c.output(ctx, "go", "env", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	return []string{
		"--volume", root + ":/usr/local/go:ro",
		"--volume", filepath.Join(modules, "cache", "download") + ":" + proxy + ":ro",
	}, nil
}
