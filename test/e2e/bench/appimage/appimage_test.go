package appimage

import (
	"archive/tar"
	"debug/elf"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var source = filepath.Join("..", "..", "..", "testdata", "project", "app")

func TestTheImageIsWhatTheDockerfileMakes(t *testing.T) {
	dockerfile, err := os.ReadFile(filepath.Join(source, "Dockerfile"))
	require.NoError(t, err)
	index, err := Build(t.Context(), Options{Source: source, Tag: "20260102T030405Z-0a1b2c3", Architectures: []string{"amd64", "arm64"}})
	require.NoError(t, err)
	manifest, err := index.IndexManifest()
	require.NoError(t, err)
	require.Len(t, manifest.Manifests, 2)
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
	for _, descriptor := range manifest.Manifests {
		image, err := index.Image(descriptor.Digest)
		require.NoError(t, err)
		file, err := image.ConfigFile()
		require.NoError(t, err)
		require.Equal(t, descriptor.Platform.Architecture, file.Architecture)
		require.Equal(t, "linux", file.OS)
		require.Equal(t, []string{"/hello"}, file.Config.Entrypoint)
		require.Contains(t, string(dockerfile), "ENTRYPOINT [\"/hello\"]")
		require.Contains(t, string(dockerfile), "USER "+file.Config.User+"\n", "the numeric user that runAsNonRoot needs")
		require.Equal(t, "20260102T030405Z-0a1b2c3", file.Config.Labels["org.opencontainers.image.version"])
		for label := range file.Config.Labels {
			require.Contains(t, string(dockerfile), label)
		}

		layers, err := image.Layers()
		require.NoError(t, err)
		require.Len(t, layers, 1)
		content, err := layers[0].Uncompressed()
		require.NoError(t, err)
		archive := tar.NewReader(content)
		header, err := archive.Next()
		require.NoError(t, err)
		require.Equal(t, "hello", header.Name)
		require.EqualValues(t, 0o755, header.Mode)
		text, err := io.ReadAll(archive)
		require.NoError(t, err)
		program, err := elf.NewFile(strings.NewReader(string(text)))
		require.NoError(t, err)
		require.Equal(t, machines[file.Architecture], program.Machine)
		libraries, _ := program.ImportedLibraries()
		require.Empty(t, libraries, "there is nothing beside it")
		require.Contains(t, string(text), "20260102T030405Z-0a1b2c3", "the program knows its version")
	}
}

func TestABuildThatFailsSaysWhatTheCompilerSaid(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module broken\n\ngo 1.26\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() { missing() }\n"), 0o600))
	_, err := Build(t.Context(), Options{Source: dir, Tag: "x", Architectures: []string{"amd64"}})
	require.ErrorContains(t, err, "undefined: missing")
	_, err = Build(t.Context(), Options{Source: dir, Tag: "x"})
	require.ErrorContains(t, err, "no architecture to build for")
}
