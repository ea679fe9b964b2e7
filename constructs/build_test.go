package constructs

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// docker stands in for Docker: it starts BuildKit from no image of the
// registries in REFUSED, as when Docker Hub answers 429, and writes down the
// image of what it builds.
const docker = `#!/bin/bash
case "$1 $2" in
"buildx create")
	image=${@: -1}; image=${image#image=}; registry=${image%%/*}
	[[ $registry == *.* ]] || registry=docker.io
	case " $REFUSED " in *" $registry "*) echo "429 Too Many Requests" >&2; exit 1 ;; esac ;;
"buildx build") printf '{"containerimage.digest": "sha256:0"}' >build.json ;;
*) exit 9 ;;
esac
`

func TestBuildWithoutDockerHub(t *testing.T) {
	const hub, own = "moby/buildkit:v0@sha256:1", "111111111111.dkr.ecr.eu-west-1.amazonaws.com/buildkit@sha256:1"
	for _, c := range []struct {
		image, refused string
		builds         bool
		says           string
	}{
		{hub, "", true, "pushed r@sha256:0"},
		{hub, "docker.io", true, "BuildKit does not start from " + hub},
		{hub, "docker.io mirror.gcr.io", false, "name it in delivery.buildKitImage"},
		{own, "docker.io mirror.gcr.io", true, "pushed r@sha256:0"},
		{own, "111111111111.dkr.ecr.eu-west-1.amazonaws.com", false, "BuildKit does not start from " + own},
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "docker"), []byte(docker), 0o700))
		cmd := exec.Command("bash", "-c", buildScript)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "BUILDKIT_IMAGE="+c.image, "REFUSED="+c.refused,
			"REPOSITORY_URI=r", "CACHE_TAG=cache", "PLATFORM=linux/amd64", "REVISION=0123456", "SOURCE_URL=s")
		output, err := cmd.CombinedOutput()
		require.Equal(t, c.builds, err == nil, string(output))
		require.Contains(t, string(output), c.says)
	}
}
