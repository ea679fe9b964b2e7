package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gitops-eks/test/e2e/codebuild"
	"gitops-eks/test/e2e/gitserver"
)

// The sample app's stack, and its pipeline in there.
const (
	appStack    = "app-hello"
	appPipeline = "platform-hello"
)

// App is the sample app's repository on the Git server, and the synthesized
// pipeline that builds its commits.
type App struct {
	*codebuild.Runner
	Pipeline *codebuild.Pipeline

	bench *Bench
}

// StartApp makes the app's repository of the assembly's own seed, as CodeCommit
// does, and readies its pipeline. Output gets what the builds print.
func (b *Bench) StartApp(ctx context.Context, output io.Writer) (*App, error) {
	delivery, err := codebuild.Read(filepath.Join(b.Replay.Assembly.Dir, appStack+".template.json"), codebuild.Values{})
	if err != nil {
		return nil, fmt.Errorf("read the pipelines: %w", err)
	}
	a := &App{bench: b}
	if a.Pipeline, err = delivery.Pipeline(appPipeline); err != nil {
		return nil, err
	}
	if a.Pipeline.Branch != gitserver.Branch {
		return nil, fmt.Errorf("the pipeline follows the branch %s, the Git server has %s", a.Pipeline.Branch, gitserver.Branch)
	}
	seed, err := delivery.Seed(a.Pipeline.Repository)
	if err != nil {
		return nil, err
	}
	if err := b.Git.Seed(ctx, a.Pipeline.Repository, seed, nil); err != nil {
		return nil, err
	}
	a.Runner, err = codebuild.New(ctx, codebuild.Options{
		Module:   filepath.Join(b.Root, "test", "e2e"),
		Delivery: delivery,
		Registry: b.Registry,
		Dir:      filepath.Join(b.Dir, "codebuild"),
		Output:   output,
	})
	return a, err
}

// Clone is a working copy of the app.
func (a *App) Clone(ctx context.Context, dir string) (*gitserver.Clone, error) {
	return a.bench.Git.Clone(ctx, a.Pipeline.Repository, dir)
}

// Build runs the pipeline for a commit. It ends when the image is released, or
// is not.
func (a *App) Build(ctx context.Context, commit string) error {
	dir, err := os.MkdirTemp(a.Dir, "commit-")
	if err != nil {
		return err
	}
	c, err := a.Clone(ctx, dir)
	if err != nil {
		return err
	}
	if _, err := c.Git(ctx, "checkout", "--quiet", commit); err != nil {
		return err
	}
	return a.Run(ctx, a.Pipeline, codebuild.Code{Dir: dir, Commit: commit})
}

// Released are the tags that the app has in the registry.
func (a *App) Released(ctx context.Context) ([]string, error) {
	repository, err := name.NewRepository(a.Registry+"/"+ImageRepository, name.Insecure, name.StrictValidation)
	if err != nil {
		return nil, err
	}
	return remote.List(repository, remote.WithContext(ctx))
}
