package codebuild

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"gitops-eks/test/e2e/codebuild/docker"
	"gitops-eks/test/e2e/codebuild/ecr"
)

// Options of [New].
type Options struct {
	// Module is the folder of the Go module that this package is in. Required.
	Module string
	// Delivery to run. Required.
	Delivery *Delivery
	// Registry is the host:port that stands in for ECR. Required.
	Registry string
	// Dir gets all files of the builds. Required.
	Dir string
	// Caches keeps what builds use again: buildah's cache mounts. Default:
	// gitops-eks/codebuild in the user's folder for caches.
	Caches string
	// Builder is docker.Buildah or docker.Go. Default: buildah where it is installed.
	Builder string
	// Output gets what the builds print. Default: nobody is told.
	Output io.Writer
}

// Runner runs pipelines, one build at a time.
type Runner struct {
	Options
	// Scan is what the scan of every image says, from the next build on.
	Scan ecr.Scan

	password string
	builds   int
}

// needed are the programs that CodeBuild's image has and this machine must have.
var needed = []string{"bash", "jq"}

// New makes the stand-ins.
func New(ctx context.Context, o Options) (*Runner, error) {
	var problems []error
	for _, program := range needed {
		if _, err := exec.LookPath(program); err != nil {
			problems = append(problems, fmt.Errorf("the builds need %s, which CodeBuild's image has: install it (%w)", program, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if o.Output == nil {
		o.Output = io.Discard
	}
	if o.Builder == "" {
		o.Builder = docker.Go
		if _, err := exec.LookPath("buildah"); err == nil {
			o.Builder = docker.Buildah
		}
	}
	var err error
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	if o.Caches == "" {
		caches, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		o.Caches = filepath.Join(caches, "gitops-eks", "codebuild")
	}
	r := &Runner{Options: o, password: rand.Text()}
	return r, r.makePrograms(ctx)
}

func (r *Runner) programs() string { return filepath.Join(r.Dir, "bin") }

// makePrograms compiles the stand-ins: one program that goes by its name.
func (r *Runner) makePrograms(ctx context.Context) error {
	if err := os.MkdirAll(r.programs(), 0o700); err != nil {
		return err
	}
	made := filepath.Join(r.programs(), "docker")
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", made, "./codebuild/standin")
	cmd.Dir = r.Module
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the stand-ins for docker and aws: %w\n%s", err, text)
	}
	return os.Link(made, filepath.Join(r.programs(), "aws"))
}

// writeSettings tells the stand-ins what they stand for.
func (r *Runner) writeSettings() error {
	settings := docker.Settings{
		Registry: ecr.Registry{
			Host: r.Delivery.host, Address: r.Registry, Password: r.password,
			Repositories: r.Delivery.repositories, Scan: r.Scan, Dir: r.Dir,
		},
		Builder:     r.Builder,
		Environment: ofTools(os.Environ()),
		Dir:         filepath.Join(r.Dir, "docker"),
		Caches:      r.Caches,
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.programs(), "settings.json"), text, 0o600)
}

// tools' variables of the user: what go and buildah need, to find their caches
// and to get at the network.
var tools = []string{
	"PATH", "HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
	"HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
}

func ofTools(environment []string) (chosen []string) {
	for _, pair := range environment {
		name, _, _ := strings.Cut(pair, "=")
		if slices.Contains(tools, name) || strings.HasPrefix(name, "GO") {
			chosen = append(chosen, pair)
		}
	}
	return chosen
}
