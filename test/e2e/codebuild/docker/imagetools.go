package docker

import (
	"context"
	"flag"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// createList joins images into a manifest list with a tag.
func (c *Call) createList(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	reference := set.String("tag", "", "")
	sources, err := parse(set, args)
	if err != nil {
		return err
	}
	uri, tag, _ := strings.Cut(*reference, ":")
	repository, err := c.Registry.Name(uri)
	if err != nil {
		return err
	}
	if tag == "" || len(sources) == 0 {
		return fmt.Errorf("want --tag <repository>:<tag> and images, got %q and %q", *reference, sources)
	}
	if err := c.loggedIn(); err != nil {
		return err
	}
	list := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, source := range sources {
		digest, ok := strings.CutPrefix(source, uri+"@")
		if !ok {
			return fmt.Errorf("want images as %s@<digest>, got %s", uri, source)
		}
		entry, err := c.entry(ctx, repository, digest)
		if err != nil {
			return err
		}
		list = mutate.AppendManifests(list, *entry)
	}
	digest, err := list.Digest()
	if err != nil {
		return err
	}
	return c.Registry.Tag(ctx, repository, tag, digest.String(), list)
}

// entry is an image in the list, with the platform that it says it is for.
func (c *Call) entry(ctx context.Context, repository, digest string) (*mutate.IndexAddendum, error) {
	found, err := c.Registry.Manifest(ctx, repository, digest)
	if err != nil {
		return nil, err
	}
	image, err := found.Image()
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	return &mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: config.Platform()}}, nil
}
