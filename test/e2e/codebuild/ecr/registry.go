// Package ecr gives an OCI registry on this machine the manners of Amazon ECR
// that a build meets: a host name and a password, tags that cannot be
// overwritten, scans, and the calls of `aws ecr`.
package ecr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Registry is a registry of one account and Region. It is written down for the
// programs that a build starts, each a process of its own.
type Registry struct {
	// Host is what ECR would be called, Address the host:port that answers.
	Host, Address string
	// Password that `aws ecr get-login-password` gives. The user is AWS.
	Password string
	// Repositories by name, as the template has them.
	Repositories map[string]Repository
	// Scan is what every scan says.
	Scan Scan
	// Dir keeps what is remembered between two calls.
	Dir string
}

// Repository is how a repository treats its tags.
type Repository struct {
	// Immutable: a tag cannot be moved, unless it matches one of Mutable, which
	// are wildcards such as cache*.
	Immutable bool
	Mutable   []string
}

// Exception is an error that ECR answers.
type Exception struct{ Code, Message string }

func (e *Exception) Error() string { return e.Code + ": " + e.Message }

// Codes of exceptions, as ECR names them.
const (
	repositoryNotFound = "RepositoryNotFoundException"
	imageNotFound      = "ImageNotFoundException"
	imageAlreadyExists = "ImageAlreadyExistsException"
	tagAlreadyExists   = "ImageTagAlreadyExistsException"
	digestDiffers      = "ImageDigestDoesNotMatchException"
	scanNotFound       = "ScanNotFoundException"
)

// Name is the repository that a URI of ECR names.
func (r *Registry) Name(uri string) (string, error) {
	repository, ok := strings.CutPrefix(uri, r.Host+"/")
	if !ok {
		return "", fmt.Errorf("%s is not in the registry %s", uri, r.Host)
	}
	return repository, nil
}

func (r *Registry) repository(repository string) (name.Repository, error) {
	if _, ok := r.Repositories[repository]; !ok {
		return name.Repository{}, &Exception{repositoryNotFound, fmt.Sprintf("The repository with name '%s' does not exist in the registry %s", repository, r.Host)}
	}
	return name.NewRepository(r.Address+"/"+repository, name.Insecure, name.StrictValidation)
}

// Manifest is that of an image with a digest.
func (r *Registry) Manifest(ctx context.Context, repository, digest string) (*remote.Descriptor, error) {
	in, err := r.repository(repository)
	if err != nil {
		return nil, err
	}
	if _, err := v1.NewHash(digest); err != nil {
		return nil, fmt.Errorf("imageDigest=%s: %w", digest, err)
	}
	found, err := remote.Get(in.Digest(digest), remote.WithContext(ctx))
	if missing(err) {
		return nil, &Exception{imageNotFound, fmt.Sprintf("The image with imageId {imageDigest:'%s'} does not exist within the repository with name '%s'", digest, repository)}
	}
	return found, err
}

// Push pushes an image by its digest, without a tag, and answers the digest.
func (r *Registry) Push(ctx context.Context, repository string, image v1.Image) (string, error) {
	in, err := r.repository(repository)
	if err != nil {
		return "", err
	}
	digest, err := image.Digest()
	if err != nil {
		return "", err
	}
	return digest.String(), remote.Write(in.Digest(digest.String()), image, remote.WithContext(ctx))
}

// Tag gives a manifest a tag. What a list refers to has to be there already.
func (r *Registry) Tag(ctx context.Context, repository, tag, digest string, manifest remote.Taggable) error {
	in, err := r.repository(repository)
	if err != nil {
		return err
	}
	reference, err := name.NewTag(in.Name()+":"+tag, name.Insecure, name.StrictValidation)
	if err != nil {
		return err
	}
	if err := r.mayTag(ctx, repository, reference, digest); err != nil {
		return err
	}
	return remote.Put(reference, manifest, remote.WithContext(ctx))
}

func (r *Registry) mayTag(ctx context.Context, repository string, tag name.Tag, digest string) error {
	there, err := remote.Head(tag, remote.WithContext(ctx))
	switch {
	case missing(err):
		return nil
	case err != nil:
		return err
	case there.Digest.String() == digest:
		return &Exception{imageAlreadyExists, fmt.Sprintf("Image with digest '%s' and tag '%s' already exists in the repository with name '%s'", digest, tag.TagStr(), repository)}
	case r.Repositories[repository].fixed(tag.TagStr()):
		return &Exception{tagAlreadyExists, fmt.Sprintf("The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is immutable.", tag.TagStr(), repository)}
	}
	return nil
}

func (r Repository) fixed(tag string) bool {
	for _, wildcard := range r.Mutable {
		if match, err := path.Match(wildcard, tag); err == nil && match {
			return false
		}
	}
	return r.Immutable
}

// missing tells whether a registry has no such thing.
func missing(err error) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound
}
