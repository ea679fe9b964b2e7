// Package registry is an OCI registry in this process, in the place of ECR.
// It speaks plain HTTP, and keeps its images over an outage.
package registry

import (
	"fmt"
	"io"
	"log"

	"gitops-eks/test/e2e/loopback"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Server is a registry. Down and Up simulate an outage.
type Server struct{ *loopback.Server }

// Start starts an empty registry.
func Start() (*Server, error) {
	server, err := loopback.Serve(registry.New(registry.Logger(log.New(io.Discard, "", 0))), nil)
	return &Server{server}, err
}

// Reference is the full name of an image.
func (s *Server) Reference(repository, tag string) string {
	return reference(s.Address, repository, tag)
}

func reference(address, repository, tag string) string {
	return address + "/" + repository + ":" + tag
}

// PushRandom pushes a small image that is like no other, and answers its digest.
func (s *Server) PushRandom(repository, tag string) (string, error) {
	return PushRandom(s.Address, repository, tag)
}

// PushRandom does the same from another process.
func PushRandom(address, repository, tag string) (string, error) {
	image, err := random.Image(256, 1)
	if err != nil {
		return "", err
	}
	return push(address, repository, tag, image)
}

// Push pushes an image and answers its digest.
func (s *Server) Push(repository, tag string, image v1.Image) (string, error) {
	return push(s.Address, repository, tag, image)
}

func push(address, repository, tag string, image v1.Image) (string, error) {
	reference, err := parse(address, repository, tag)
	if err != nil {
		return "", err
	}
	if err := remote.Write(reference, image); err != nil {
		return "", fmt.Errorf("push %s: %w", reference, err)
	}
	digest, err := image.Digest()
	return digest.String(), err
}

// parse takes TLS where the registry has it, and does without where not.
func parse(address, repository, tag string) (name.Tag, error) {
	return name.NewTag(reference(address, repository, tag), name.Insecure, name.StrictValidation)
}

// Digest is that of a tag.
func (s *Server) Digest(repository, tag string) (string, error) {
	reference, err := parse(s.Address, repository, tag)
	if err != nil {
		return "", err
	}
	descriptor, err := remote.Head(reference)
	if err != nil {
		return "", fmt.Errorf("digest of %s: %w", reference, err)
	}
	return descriptor.Digest.String(), nil
}
