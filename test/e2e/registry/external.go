package registry

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// reachTimeout is long for a registry on this machine or nearby.
const reachTimeout = 10 * time.Second

// Reach tells why a registry that somebody else runs cannot be used: the
// address is none, nobody answers there, or it asks for a log-in, which Flux
// would not have.
func Reach(ctx context.Context, address string) error {
	registry, err := name.NewRegistry(address, name.Insecure, name.StrictValidation)
	if err != nil {
		return fmt.Errorf("registry %q: %w; want host:port, such as localhost:5001", address, err)
	}
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	challenge, err := transport.Ping(ctx, registry, http.DefaultTransport)
	if err != nil {
		return fmt.Errorf("registry %s cannot be reached from this machine: %w", address, err)
	}
	if challenge.Scheme != "" {
		return fmt.Errorf("registry %s asks for a log-in (%s), want one that takes and gives images without", address, challenge.Scheme)
	}
	return nil
}

// PushIndex pushes an image for one or several platforms to a registry that
// anybody runs.
func PushIndex(ctx context.Context, address, repository, tag string, index v1.ImageIndex) error {
	reference, err := parse(address, repository, tag)
	if err != nil {
		return err
	}
	if err := remote.WriteIndex(reference, index, remote.WithContext(ctx), remote.WithAuth(authn.Anonymous)); err != nil {
		return fmt.Errorf("push %s: %w", reference, err)
	}
	return nil
}
