package ecr

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/registry"
)

// start starts a registry with one repository, of which tags cache* can be moved.
func start(t *testing.T) *Registry {
	t.Helper()
	images, err := registry.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, images.Down()) })
	return &Registry{
		Host: "ecr.example", Address: images.Address, Password: "secret", Dir: t.TempDir(),
		Repositories: map[string]Repository{"hello": {Immutable: true, Mutable: []string{"cache*"}}},
	}
}

func (r *Registry) call(t *testing.T, command string) (string, error) {
	t.Helper()
	var stdout strings.Builder
	err := r.CLI(t.Context(), strings.Fields(command), &stdout)
	return strings.TrimSpace(stdout.String()), err
}

// pushed is a new image, and the file with its manifest.
func pushed(t *testing.T, r *Registry) (digest, file string) {
	t.Helper()
	image, err := random.Image(64, 1)
	require.NoError(t, err)
	digest, err = r.Push(t.Context(), "hello", image)
	require.NoError(t, err)
	return digest, manifestFile(t, image)
}

func manifestFile(t *testing.T, image v1.Image) string {
	t.Helper()
	text, err := image.RawManifest()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "manifest.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}

func (r *Registry) put(t *testing.T, tag, digest, file string) error {
	t.Helper()
	_, err := r.call(t, "ecr put-image --repository-name hello --image-manifest-media-type application/vnd.docker.distribution.manifest.v2+json --image-tag "+tag+" --image-digest "+digest+" --image-manifest file://"+file)
	return err
}

func TestATagCannotBeMoved(t *testing.T) {
	r := start(t)
	first, firstFile := pushed(t, r)
	second, secondFile := pushed(t, r)
	require.NoError(t, r.put(t, "1", first, firstFile))
	require.EqualError(t, r.put(t, "1", second, secondFile), "An error occurred (ImageTagAlreadyExistsException) when calling the PutImage operation: The image tag '1' already exists in the 'hello' repository and cannot be overwritten because the tag is immutable.")
	require.ErrorContains(t, r.put(t, "1", first, firstFile), "(ImageAlreadyExistsException)")
	require.NoError(t, r.put(t, "cache-amd64", first, firstFile))
	require.NoError(t, r.put(t, "cache-amd64", second, secondFile), "but those of the cache")
	require.ErrorContains(t, r.put(t, "2", first, secondFile), "(ImageDigestDoesNotMatchException)")
}

func TestAnImageIsReadAsItWasPushed(t *testing.T) {
	r := start(t)
	digest, file := pushed(t, r)
	answer, err := r.call(t, "ecr batch-get-image --repository-name hello --output json --image-ids imageDigest="+digest)
	require.NoError(t, err)
	var got struct {
		Images []struct{ ImageManifest, ImageManifestMediaType string }
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &got))
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got.Images[0].ImageManifest)
	require.Equal(t, "application/vnd.docker.distribution.manifest.v2+json", got.Images[0].ImageManifestMediaType)

	answer, err = r.call(t, "ecr batch-get-image --repository-name hello --output json --image-ids imageDigest=sha256:"+strings.Repeat("0", 64))
	require.NoError(t, err)
	require.Contains(t, answer, "ImageNotFound")
}

func TestAScanIsThereAfterAWhile(t *testing.T) {
	r := start(t)
	digest, _ := pushed(t, r)
	r.Scan = Scan{Late: true, Findings: []Finding{{Name: "CVE-1", Severity: "HIGH", Package: "musl"}}}
	scan := "ecr describe-image-scan-findings --repository-name hello --output json --image-id imageDigest="
	_, err := r.call(t, scan+digest)
	require.ErrorContains(t, err, "An error occurred (ScanNotFoundException) when calling the DescribeImageScanFindings operation")
	answer, err := r.call(t, scan+digest)
	require.NoError(t, err)
	require.Contains(t, answer, `"status":"COMPLETE"`)
	require.Contains(t, answer, `"severity":"HIGH"`)
	_, err = r.call(t, scan+"sha256:"+strings.Repeat("0", 64))
	require.ErrorContains(t, err, "(ImageNotFoundException)")
}

func TestOtherCallsAreErrors(t *testing.T) {
	r := start(t)
	password, err := r.call(t, "ecr get-login-password")
	require.NoError(t, err)
	require.Equal(t, "secret", password)
	for call, says := range map[string]string{
		"":                     "does not know the call: aws ",
		"ecr":                  "does not know the call: aws ecr",
		"ecr delete-image x":   "does not know the call: aws ecr delete-image",
		"eks describe-cluster": "does not know the call: aws eks describe-cluster",
		"ecr get-login-password --region us-east-1":                                                                              "flag provided but not defined: -region",
		"ecr get-login-password now":                                                                                             "unknown argument: now",
		"ecr batch-get-image --repository-name hello --output json":                                                              "the flag --image-ids is missing",
		"ecr batch-get-image --repository-name hello --output text --image-ids imageDigest=x":                                    "--output is text",
		"ecr batch-get-image --repository-name hello --output json --image-ids imageTag=1":                                       "knows imageDigest=… only",
		"ecr batch-get-image --repository-name other --output json --image-ids imageDigest=sha256:" + strings.Repeat("0", 64):    "(RepositoryNotFoundException)",
		"ecr put-image --repository-name hello --image-tag 1 --image-manifest-media-type x --image-digest x --image-manifest {}": "knows file:// only",
	} {
		_, err := r.call(t, call)
		require.ErrorContains(t, err, says, call)
	}
}
