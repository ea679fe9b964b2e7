package docker

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// platforms that the stand-in builds for.
var platforms = []string{"linux/amd64", "linux/arm64"}

// image is what to build.
type image struct {
	// dir is the build's context, the folder with the Dockerfile.
	dir, platform string
	// arguments and labels, each name=value.
	arguments, labels texts
	// repository to push to, and the file to describe the image in.
	repository, metadata string
}

func (i *image) native() bool { return i.platform == "linux/"+runtime.GOARCH }

// builderFile tells that a builder was made.
func (c *Call) builderFile() string { return filepath.Join(c.Home, ".docker", "buildx-builder.json") }

func (c *Call) createBuilder(_ context.Context, args []string) error {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	use := set.Bool("use", false, "")
	set.Bool("bootstrap", false, "")
	driver := set.String("driver", "", "")
	option := set.String("driver-opt", "", "")
	others, err := parse(set, args)
	if err != nil {
		return err
	}
	daemon, isImage := strings.CutPrefix(*option, "image=")
	switch {
	case len(others) > 0:
		return fmt.Errorf("unknown argument: %s", others[0])
	case !*use:
		return errors.New("want --use: the build that follows names no builder")
	case !isImage || daemon == "":
		return fmt.Errorf("--driver-opt is %q, want image=<the image of BuildKit>", *option)
	}
	if err := want("driver", *driver, "docker-container"); err != nil {
		return err
	}
	if err := writeJSON(c.builderFile(), map[string]string{"image": daemon}); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.Stdout, "stand-in")
	return err
}

func (c *Call) build(ctx context.Context, args []string) error {
	if _, err := os.Stat(c.builderFile()); err != nil {
		return errors.New("cache export is not supported for the docker driver: make a builder first, with docker buildx create")
	}
	i, err := c.image(args)
	if err != nil {
		return err
	}
	if err := c.loggedIn(); err != nil {
		return err
	}
	built, err := c.make(ctx, i)
	if err != nil {
		return err
	}
	digest, err := c.Registry.Push(ctx, i.repository, built)
	if err != nil {
		return err
	}
	return writeJSON(i.metadata, map[string]string{
		"containerimage.digest": digest,
		"image.name":            c.Registry.Host + "/" + i.repository,
	})
}

// make builds with what is there. Docker builds each platform on a machine of
// its kind; of the other kinds there is none here.
func (c *Call) make(ctx context.Context, i *image) (v1.Image, error) {
	if c.Builder == Buildah && i.native() {
		return c.withBuildah(ctx, i)
	}
	why := "buildah is not used"
	if !i.native() {
		why = "this machine is linux/" + runtime.GOARCH
	}
	fmt.Fprintf(c.Stderr, "#\n# STAND-IN: %s. THE DOCKERFILE IS NOT RUN for %s,\n# only its go build, on this machine and onto an empty base.\n#\n", why, i.platform)
	return c.withGo(ctx, i)
}

func (c *Call) image(args []string) (*image, error) {
	i := &image{}
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.StringVar(&i.platform, "platform", "", "")
	set.Var(&i.arguments, "build-arg", "")
	set.Var(&i.labels, "label", "")
	set.StringVar(&i.metadata, "metadata-file", "", "")
	output := set.String("output", "", "")
	provenance := set.String("provenance", "", "")
	var caches texts
	set.Var(&caches, "cache-from", "")
	set.Var(&caches, "cache-to", "")
	folders, err := parse(set, args)
	if err != nil {
		return nil, err
	}
	switch {
	case len(folders) != 1:
		return nil, fmt.Errorf("want one folder, got %q", folders)
	case !slices.Contains(platforms, i.platform):
		return nil, fmt.Errorf("--platform is %q, want one of %s", i.platform, strings.Join(platforms, " and "))
	case i.metadata == "":
		return nil, errors.New("the flag --metadata-file is missing")
	}
	if err := want("provenance", *provenance, "false"); err != nil {
		return nil, err
	}
	if len(caches) > 0 {
		fmt.Fprintln(c.Stderr, "STAND-IN: the registry keeps no build cache, --cache-from and --cache-to are ignored")
	}
	i.dir = folders[0]
	i.repository, err = c.repository(*output)
	return i, err
}

// repository reads where to push to, and insists on how: by digest, so that
// nothing has a tag before it was scanned.
func (c *Call) repository(output string) (string, error) {
	given := map[string]string{}
	for _, part := range strings.Split(output, ",") {
		key, value, _ := strings.Cut(part, "=")
		given[key] = value
	}
	uri := given["name"]
	delete(given, "name")
	for key, value := range map[string]string{"type": "image", "push": "true", "push-by-digest": "true", "name-canonical": "true"} {
		if err := want("output "+key, given[key], value); err != nil {
			return "", err
		}
		delete(given, key)
	}
	for key := range given {
		return "", fmt.Errorf("--output: the stand-in does not know %s", key)
	}
	return c.Registry.Name(uri)
}
