package ecr

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/types"
)

// command is a call of `aws ecr`, with the flags that it knows.
type command struct {
	operation string
	flags     []string
	run       func(ctx context.Context, r *Registry, flags map[string]string) (any, error)
}

var commands = map[string]command{
	"get-login-password":           {"GetAuthorizationToken", nil, password},
	"describe-image-scan-findings": {"DescribeImageScanFindings", []string{"repository-name", "image-id", "output"}, describeScan},
	"batch-get-image":              {"BatchGetImage", []string{"repository-name", "image-ids", "output"}, batchGetImage},
	"put-image":                    {"PutImage", []string{"repository-name", "image-tag", "image-manifest-media-type", "image-manifest", "image-digest"}, putImage},
}

// CLI does what `aws` does with these arguments, as far as builds call it. Any
// other call, and any other flag, is an error that names it.
func (r *Registry) CLI(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) < 2 || args[0] != "ecr" || commands[args[1]].run == nil {
		return fmt.Errorf("the stand-in for aws does not know the call: aws %s", strings.Join(args[:min(len(args), 2)], " "))
	}
	c := commands[args[1]]
	flags, err := c.parse(args[2:])
	if err != nil {
		return fmt.Errorf("aws ecr %s: %w", args[1], err)
	}
	answer, err := c.run(ctx, r, flags)
	var exception *Exception
	if errors.As(err, &exception) {
		return fmt.Errorf("An error occurred (%s) when calling the %s operation: %s", exception.Code, c.operation, exception.Message) //nolint:staticcheck // the words of the AWS CLI
	}
	if err != nil {
		return fmt.Errorf("aws ecr %s: %w", args[1], err)
	}
	if text, ok := answer.(string); ok {
		_, err := fmt.Fprintln(stdout, text)
		return err
	}
	return json.NewEncoder(stdout).Encode(answer)
}

// parse wants every flag that the command knows: the builds give all of them.
func (c command) parse(args []string) (map[string]string, error) {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for _, name := range c.flags {
		set.String(name, "", "")
	}
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	if set.NArg() > 0 {
		return nil, fmt.Errorf("unknown argument: %s", set.Arg(0))
	}
	given := map[string]string{}
	set.Visit(func(f *flag.Flag) { given[f.Name] = f.Value.String() })
	for _, name := range c.flags {
		if given[name] == "" {
			return nil, fmt.Errorf("the flag --%s is missing", name)
		}
	}
	if output := given["output"]; slices.Contains(c.flags, "output") && output != "json" {
		return nil, fmt.Errorf("--output is %s, the stand-in knows json only", output)
	}
	return given, nil
}

func password(_ context.Context, r *Registry, _ map[string]string) (any, error) {
	return r.Password, nil
}

func describeScan(ctx context.Context, r *Registry, flags map[string]string) (any, error) {
	digest, err := imageDigest(flags["image-id"])
	if err != nil {
		return nil, err
	}
	if _, err := r.Manifest(ctx, flags["repository-name"], digest); err != nil {
		return nil, err
	}
	return r.scanned(flags["repository-name"], digest)
}

func batchGetImage(ctx context.Context, r *Registry, flags map[string]string) (any, error) {
	digest, err := imageDigest(flags["image-ids"])
	if err != nil {
		return nil, err
	}
	found, err := r.Manifest(ctx, flags["repository-name"], digest)
	var exception *Exception
	if errors.As(err, &exception) && exception.Code == imageNotFound {
		// Not an error of the call: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
		return map[string]any{"images": []any{}, "failures": []any{map[string]any{"failureCode": "ImageNotFound", "failureReason": "Requested image not found"}}}, nil
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"images": []any{map[string]any{
			"repositoryName":         flags["repository-name"],
			"imageId":                map[string]string{"imageDigest": digest},
			"imageManifest":          string(found.Manifest),
			"imageManifestMediaType": found.MediaType,
		}},
		"failures": []any{},
	}, nil
}

func putImage(ctx context.Context, r *Registry, flags map[string]string) (any, error) {
	file, ok := strings.CutPrefix(flags["image-manifest"], "file://")
	if !ok {
		return nil, errors.New("--image-manifest: the stand-in knows file:// only")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256(text))
	if want := flags["image-digest"]; digest != want {
		return nil, &Exception{digestDiffers, fmt.Sprintf("The provided digest '%s' does not match the calculated digest '%s'", want, digest)}
	}
	m := manifest{text, types.MediaType(flags["image-manifest-media-type"])}
	if err := r.Tag(ctx, flags["repository-name"], flags["image-tag"], digest, m); err != nil {
		return nil, err
	}
	return map[string]any{"image": map[string]any{"imageId": map[string]string{"imageDigest": digest, "imageTag": flags["image-tag"]}}}, nil
}

// imageDigest parses the short form of an image id.
func imageDigest(id string) (string, error) {
	digest, ok := strings.CutPrefix(id, "imageDigest=")
	if !ok {
		return "", fmt.Errorf("image id %q: the stand-in knows imageDigest=… only", id)
	}
	return digest, nil
}

// manifest is one as it came, byte for byte.
type manifest struct {
	text      []byte
	mediaType types.MediaType
}

// RawManifest answers the text.
func (m manifest) RawManifest() ([]byte, error) { return m.text, nil }

// MediaType answers what the caller said that it is.
func (m manifest) MediaType() (types.MediaType, error) { return m.mediaType, nil }
