package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gitops-eks/test/e2e/binaries"
	"gitops-eks/test/e2e/cluster"
	"gitops-eks/test/e2e/fluxrun"
	"gitops-eks/test/e2e/gitserver"
	"gitops-eks/test/e2e/registry"
	"gitops-eks/test/e2e/replay"
	"gitops-eks/test/e2e/sink"
	"gitops-eks/test/e2e/standins"
)

// ConfigRepository is the name of the config repository on the Git server.
const ConfigRepository = "config"

// FirstTag is the release that the registry holds from the start, as after a
// first build. It is older than any that a pipeline makes now.
const FirstTag = "20260101T000000Z-0000001"

// Options of [Start].
type Options struct {
	// Root of the project. Required.
	Root string
	// Binaries to run. Required.
	Binaries binaries.Set
	// Dir gets all files of the run. Required.
	Dir string
	// Environment of the assembly to deploy. Default dev.
	Environment string
	// Seed is the folder that the config repository is made of. Default manifests/ of the root.
	Seed string
	// Change changes the replay's options, to disturb it. Default: nothing is changed.
	Change func(*replay.Options)
	// Progress gets a line for each step. Default: nobody is told.
	Progress io.Writer
}

// Bench is a running bench.
type Bench struct {
	Options
	Git     *gitserver.Server
	Images  *registry.Server
	Alerts  *sink.Server
	Cluster *cluster.Cluster
	Flux    *fluxrun.Flux
	Replay  *replay.Replay

	closers []func() error
}

// Start brings everything up but Flux: that is the deployment's to do. What
// was started before a failure is taken down again.
func Start(ctx context.Context, o Options) (b *Bench, err error) {
	if o.Environment == "" {
		o.Environment = "dev"
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.Seed == "" {
		o.Seed = filepath.Join(o.Root, "manifests")
	}
	b = &Bench{Options: o}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Stop())
			b = nil
		}
	}()
	if err := b.startServers(ctx); err != nil {
		return b, err
	}
	if b.Cluster, err = cluster.Start(ctx, cluster.Options{Binaries: o.Binaries, Dir: filepath.Join(o.Dir, "cluster")}); err != nil {
		return b, err
	}
	b.closers = append(b.closers, b.Cluster.Stop)
	if b.Flux, err = fluxrun.New(b.Cluster, o.Binaries); err != nil {
		return b, err
	}
	return b, b.prepareReplay(ctx)
}

func (b *Bench) startServers(ctx context.Context) (err error) {
	if b.Git, err = gitserver.Start(filepath.Join(b.Dir, "git")); err != nil {
		return err
	}
	b.closers = append(b.closers, b.Git.Down)
	if err := b.Git.Seed(ctx, ConfigRepository, b.Seed, standins.ConfigRepository); err != nil {
		return err
	}
	if b.Images, err = registry.Start(); err != nil {
		return err
	}
	b.closers = append(b.closers, b.Images.Down)
	if b.Alerts, err = sink.Start(); err != nil {
		return err
	}
	b.closers = append(b.closers, b.Alerts.Down)
	_, err = b.Images.PushRandom(ImageRepository, FirstTag)
	return err
}

func (b *Bench) prepareReplay(ctx context.Context) error {
	assembly, err := Synthesize(ctx, b.Root, filepath.Join(b.Dir, "cdk.out"))
	if err != nil {
		return err
	}
	options := replay.Options{
		Assembly:    assembly,
		Environment: b.Environment,
		Kubeconfig:  b.Cluster.Kubeconfig,
		Dir:         filepath.Join(b.Dir, "replay"),
		Charts:      &charts{b},
		Object:      b.standIn,
		After:       b.afterChart,
		Progress:    b.Progress,
	}
	if b.Change != nil {
		b.Change(&options)
	}
	if err := os.MkdirAll(options.Dir, 0o700); err != nil {
		return err
	}
	b.Replay, err = replay.New(ctx, options)
	return err
}

// Deploy deploys the assembly, as `cdk deploy` does.
func (b *Bench) Deploy(ctx context.Context) error {
	if err := b.Replay.Deploy(ctx); err != nil {
		return fmt.Errorf("deploy: %w", err)
	}
	return nil
}

// Stop ends everything, the last started first. It may be called again.
func (b *Bench) Stop() error {
	var problems []error
	for len(b.closers) > 0 {
		last := len(b.closers) - 1
		problems = append(problems, b.closers[last]())
		b.closers = b.closers[:last]
	}
	return errors.Join(problems...)
}
