package docker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/codebuild/ecr"
	"gitops-eks/test/e2e/registry"
)

const (
	login   = "login --username AWS --password-stdin ecr.example"
	create  = "buildx create --use --driver docker-container --driver-opt image=buildkit"
	build   = "buildx build . --platform linux/amd64 --provenance=false --metadata-file build.json --output "
	byName  = "type=image,name=ecr.example/hello,push=true,push-by-digest=true,name-canonical=true"
	nowhere = "ecr.example/hello@sha256:0000000000000000000000000000000000000000000000000000000000000000"
)

// machine is a docker with a home and a registry of its own.
type machine struct{ *Call }

func start(t *testing.T) *machine {
	t.Helper()
	images, err := registry.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, images.Down()) })
	settings := &Settings{
		Registry: ecr.Registry{
			Host: "ecr.example", Address: images.Address, Password: "secret",
			Repositories: map[string]ecr.Repository{"hello": {Immutable: true}},
		},
		Builder: Go, Dir: t.TempDir(), Environment: os.Environ(),
	}
	return &machine{&Call{Settings: settings, Home: t.TempDir(), Stdout: &strings.Builder{}, Stderr: &strings.Builder{}}}
}

func (m *machine) run(t *testing.T, line, stdin string) error {
	t.Helper()
	m.Stdin = strings.NewReader(stdin)
	return m.Run(t.Context(), strings.Fields(line))
}

func TestALogInNeedsTheRightPasswordAndRegistry(t *testing.T) {
	m := start(t)
	require.ErrorContains(t, m.run(t, login, "wrong"), "failed with status: 400 Bad Request")
	require.ErrorContains(t, m.run(t, strings.Replace(login, "AWS", "root", 1), "secret"), "400 Bad Request")
	require.ErrorContains(t, m.run(t, "login --username AWS --password-stdin other.example", "secret"), `want the registry ecr.example, got ["other.example"]`)
	require.ErrorContains(t, m.run(t, "login --username AWS ecr.example", "secret"), "want --password-stdin")
	require.ErrorContains(t, m.loggedIn(), "no basic auth credentials")
	require.NoError(t, m.run(t, login, "secret\n"))
	require.NoError(t, m.loggedIn())
}

func TestABuildNeedsABuilderAndALogIn(t *testing.T) {
	m := start(t)
	require.ErrorContains(t, m.run(t, build+byName, ""), "make a builder first")
	require.NoError(t, m.run(t, create, ""))
	require.ErrorContains(t, m.run(t, build+byName, ""), "no basic auth credentials")
}

func TestOtherCallsAreErrors(t *testing.T) {
	m := start(t)
	require.NoError(t, m.run(t, create, ""))
	require.NoError(t, m.run(t, login, "secret"))
	for call, says := range map[string]string{
		"":                                  "does not know the call: docker ",
		"push ecr.example/hello":            "does not know the call: docker push ecr.example/hello",
		"buildx imagetools inspect x":       "does not know the call: docker buildx imagetools inspect x",
		create + " --name x":                "docker buildx create: flag provided but not defined: -name",
		"buildx create --use --driver k8s":  `--driver-opt is ""`,
		build + byName + " --secret id=x":   "docker buildx build: flag provided but not defined: -secret",
		build + byName + " --tag x":         "flag provided but not defined: -tag",
		build + byName + " other":           `want one folder, got ["." "other"]`,
		build + byName + ",oci-mediatypes=": "--output: the stand-in does not know oci-mediatypes",
		build + strings.Replace(byName, "push-by-digest=true", "push-by-digest=false", 1):              `--output push-by-digest is "false", the stand-in knows "true" only`,
		build + strings.Replace(byName, "ecr.example", "docker.io", 1):                                 "docker.io/hello is not in the registry ecr.example",
		strings.Replace(build, "--provenance=false", "", 1) + byName:                                   `--provenance is "", the stand-in knows "false" only`,
		strings.Replace(build, "linux/amd64", "windows/amd64", 1) + byName:                             `--platform is "windows/amd64", want one of linux/amd64 and linux/arm64`,
		"buildx imagetools create --tag ecr.example/hello:1":                                           "want --tag <repository>:<tag> and images",
		"buildx imagetools create --tag ecr.example/hello:1 ecr.example/hello:2":                       "want images as ecr.example/hello@<digest>",
		"buildx imagetools create --tag ecr.example/hello:1 " + nowhere:                                "ImageNotFoundException",
		"buildx imagetools create --tag ecr.example/hello:1 --dry-run ecr.example/hello@sha256:000000": "flag provided but not defined: -dry-run",
	} {
		require.ErrorContains(t, m.run(t, call, ""), says, call)
	}
}

func TestAListCannotTakeATagThatIsTaken(t *testing.T) {
	m := start(t)
	require.NoError(t, m.run(t, login, "secret"))
	create := "buildx imagetools create --tag ecr.example/hello:1"
	var digests []string
	for range 2 {
		image, err := random.Image(64, 1)
		require.NoError(t, err)
		digest, err := m.Registry.Push(t.Context(), "hello", image)
		require.NoError(t, err)
		digests = append(digests, " ecr.example/hello@"+digest)
	}
	require.NoError(t, m.run(t, create+digests[0], ""))
	require.ErrorContains(t, m.run(t, create+digests[1], ""), "ImageTagAlreadyExistsException")
}

// The stand-ins know the Dockerfile of the sample app, and say so when it
// becomes another.
func TestTheDockerfileIsTheOneThatIsKnown(t *testing.T) {
	app := filepath.Join("..", "..", "..", "testdata", "project", "app", "Dockerfile")
	line, err := goBuild(app)
	require.NoError(t, err)
	require.Contains(t, line, "GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build -trimpath")
	require.Contains(t, line, `-o "$OUTPUT" .`)
	require.NotContains(t, line, "--mount")
	text, err := os.ReadFile(app)
	require.NoError(t, err)
	require.Contains(t, string(text), "COPY --from=build /out/hello /hello\n")

	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("ARG JAVA_IMAGE=java\nRUN make\n"), 0o600))
	_, err = goBuild(filepath.Join(dir, "Dockerfile"))
	require.ErrorContains(t, err, "the Dockerfile runs no `go build …")
	_, err = start(t).bases(t.Context(), &image{dir: dir})
	require.EqualError(t, err, `the Dockerfile has the base images ["JAVA_IMAGE"], the stand-in knows GO_IMAGE and RUNTIME_IMAGE`)
}
