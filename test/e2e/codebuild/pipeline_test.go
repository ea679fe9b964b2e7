package codebuild

import (
	"archive/tar"
	"errors"
	"io"
	"os/exec"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/codebuild/docker"
	"gitops-eks/test/e2e/codebuild/ecr"
)

// file reads a file of an image.
func file(t *testing.T, image v1.Image, name string) string {
	t.Helper()
	content := mutate.Extract(image)
	defer func() { _ = content.Close() }()
	for reader := tar.NewReader(content); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			require.Fail(t, "the image has no "+name)
		}
		require.NoError(t, err)
		if header.Name == name {
			text, err := io.ReadAll(reader)
			require.NoError(t, err)
			return string(text)
		}
	}
}

// The commands of the default pipeline make one released image, whichever way
// it is built.
func TestACommitBecomesARelease(t *testing.T) {
	for _, builder := range builders() {
		t.Run(builder, func(t *testing.T) {
			if _, err := exec.LookPath("buildah"); builder == docker.Buildah && err != nil {
				t.Skip("buildah is not installed: the Dockerfile is not run")
			}
			m := start(t, "default", builder)
			require.NoError(t, m.pipeline(t))
			tags := m.tags(t)
			require.Len(t, tags, 1)
			require.Regexp(t, release, tags[0])
			require.Contains(t, m.output.String(), "released 000000000000.dkr.ecr.us-east-1.amazonaws.com/platform/hello:"+tags[0])

			image, err := remote.Image(m.in(t).Tag(tags[0]))
			require.NoError(t, err)
			config, err := image.ConfigFile()
			require.NoError(t, err)
			require.Equal(t, []string{"/hello"}, config.Config.Entrypoint)
			require.Equal(t, "65532:65532", config.Config.User)
			require.Equal(t, "linux/amd64", config.Platform().String())
			require.Equal(t, commit, config.Config.Labels["org.opencontainers.image.revision"])
			require.Equal(t, "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/platform-hello", config.Config.Labels["org.opencontainers.image.source"])
			require.Contains(t, file(t, image, "hello"), commit, "the binary knows its commit")
			if builder == docker.Go {
				require.Contains(t, m.output.String(), "THE DOCKERFILE IS NOT RUN")
			} else {
				require.NotContains(t, m.output.String(), "THE DOCKERFILE IS NOT RUN")
				require.Equal(t, "hello", config.Config.Labels["org.opencontainers.image.title"], "a label that the Dockerfile alone has")
			}
		})
	}
}

// What the scan says decides whether there is a tag.
func TestTheScanDecides(t *testing.T) {
	m := start(t, "default", docker.Go)
	m.Scan = ecr.Scan{Findings: []ecr.Finding{{Name: "CVE-2026-0001", Severity: "CRITICAL", Package: "busybox"}, {Name: "CVE-2026-0002", Severity: "LOW", Package: "musl"}}}
	err := m.pipeline(t)
	require.ErrorContains(t, err, "pipeline platform-hello, action Build: exit status 1")
	require.ErrorContains(t, err, "CRITICAL\tCVE-2026-0001\tbusybox")
	require.ErrorContains(t, err, "1 findings at or above high: the image is not released")
	require.ErrorContains(t, err, "command 3 of 4 failed")
	require.Empty(t, m.tags(t))

	m.Scan = ecr.Scan{Status: "UNSUPPORTED_IMAGE"}
	require.ErrorContains(t, m.pipeline(t), "ended with UNSUPPORTED_IMAGE: The stand-in scanned nothing.")
	require.Empty(t, m.tags(t))

	m.Scan = ecr.Scan{Late: true, Findings: []ecr.Finding{{Name: "CVE-2026-0003", Severity: "MEDIUM", Package: "zlib"}}}
	require.NoError(t, m.pipeline(t))
	require.Len(t, m.tags(t), 1)
}

// Two platforms are built apart, and released as one list.
func TestTwoPlatformsBecomeOneList(t *testing.T) {
	m := start(t, "two-platforms", docker.Go)
	require.NoError(t, m.pipeline(t))
	tags := m.tags(t)
	require.Len(t, tags, 1)
	require.Regexp(t, release, tags[0])
	index, err := remote.Index(m.in(t).Tag(tags[0]))
	require.NoError(t, err)
	list, err := index.IndexManifest()
	require.NoError(t, err)
	var platforms []string
	for _, entry := range list.Manifests {
		platforms = append(platforms, entry.Platform.String())
		image, err := index.Image(entry.Digest)
		require.NoError(t, err)
		config, err := image.ConfigFile()
		require.NoError(t, err)
		require.Equal(t, entry.Platform.String(), config.Platform().String())
	}
	require.Equal(t, []string{"linux/amd64", "linux/arm64"}, platforms)
}

// Every set of settings has pipelines that can be run.
func TestAllSettingsAreKnown(t *testing.T) {
	for _, settings := range []string{"default", "connection", "existing-vpc", "isolated", "node-groups", "prod-like", "two-platforms"} {
		d, err := Read(snapshot(settings), Values{})
		require.NoError(t, err, settings)
		require.NotEmpty(t, d.Pipelines, settings)
		require.NotEmpty(t, d.repositories, settings)
	}
}
