package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

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

// HandlerClock is how long the handler's second is. It looks every ten of its
// seconds whether what it waits for is there; on one machine that is most of
// the time that a deployment takes.
const HandlerClock = 0.1

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
	// Kubeconfig of a cluster that exists, to use instead of a control plane of the
	// bench's own. Its user has to be an administrator; see [Admit] for what else is
	// asked of it. Default: none.
	Kubeconfig string
	// Registry, host:port, that somebody else runs: this machine pushes images to it
	// and the nodes pull them. Required with Kubeconfig. Default: one of the bench's own.
	Registry string
	// App is the folder of the app to make images of. Default: images are random,
	// which does where no node pulls them.
	App string
	// Frugal has the control plane take less memory and more CPU time. Default: not.
	Frugal bool
	// Seed is the folder that the config repository is made of. Default manifests/ of the root.
	Seed string
	// Synthesize makes the assembly to deploy; it runs beside the start of the
	// control plane. Default: [Synthesize], into the folder cdk.out of Dir.
	Synthesize func(context.Context) (*replay.Assembly, error)
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

	closers []func(context.Context) error
	// handlerKubeconfig is whom AWS's handler acts as.
	handlerKubeconfig string
	// placed are the objects outside namespaces that a cluster of others was given.
	placed []cluster.Object
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
	if o.Kubeconfig != "" && o.Registry == "" {
		return nil, errors.New("bench: with a kubeconfig a registry is required, which the cluster's nodes reach")
	}
	if o.Seed == "" {
		o.Seed = filepath.Join(o.Root, "manifests")
	}
	b = &Bench{Options: o}
	synthesized := b.synthesize(ctx)
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Stop())
			b = nil
		}
	}()
	if err := b.startServers(ctx); err != nil {
		return b, err
	}
	if err := b.startCluster(ctx); err != nil {
		return b, err
	}
	if err := b.pushFirst(ctx); err != nil {
		return b, err
	}
	start := time.Now()
	fmt.Fprintln(b.Progress, "         waiting for the synthesis, which the first time compiles the program for minutes")
	assembly, err := synthesized()
	if err != nil {
		return b, err
	}
	fmt.Fprintf(b.Progress, "%6.2fs  waited for the synthesis\n", time.Since(start).Seconds())
	return b, b.prepareReplay(ctx, assembly)
}

// synthesize begins to. The function that it answers waits for the end.
func (b *Bench) synthesize(ctx context.Context) (wait func() (*replay.Assembly, error)) {
	synthesize := b.Synthesize
	if synthesize == nil {
		synthesize = func(ctx context.Context) (*replay.Assembly, error) {
			return Synthesize(ctx, b.Root, filepath.Join(b.Dir, "cdk.out"))
		}
	}
	wait = sync.OnceValues(func() (*replay.Assembly, error) { return synthesize(ctx) })
	go func() { _, _ = wait() }()
	b.atStop(func() error { // it writes to the folder
		_, _ = wait()
		return nil
	})
	return wait
}

func (b *Bench) startServers(ctx context.Context) (err error) {
	if b.Git, err = gitserver.Start(filepath.Join(b.Dir, "git")); err != nil {
		return err
	}
	b.atStop(b.Git.Down)
	if err := b.Git.Seed(ctx, ConfigRepository, b.Seed, standins.ConfigRepository); err != nil {
		return err
	}
	if b.Alerts, err = sink.Start(); err != nil {
		return err
	}
	b.atStop(b.Alerts.Down)
	if b.Registry != "" {
		return registry.Reach(ctx, b.Registry)
	}
	if b.Images, err = registry.Start(); err != nil {
		return err
	}
	b.atStop(b.Images.Down)
	b.Registry = b.Images.Address
	return nil
}

func (b *Bench) startCluster(ctx context.Context) (err error) {
	dir := filepath.Join(b.Dir, "cluster")
	if b.Kubeconfig != "" {
		b.Cluster, err = cluster.Connect(cluster.ConnectOptions{Kubeconfig: b.Kubeconfig, Dir: dir})
	} else {
		b.Cluster, err = cluster.Start(ctx, cluster.Options{Binaries: b.Binaries, Dir: dir, Frugal: b.Frugal})
	}
	if err != nil {
		return err
	}
	b.atStop(b.Cluster.Stop)
	if b.Flux, err = fluxrun.New(b.Cluster, b.Binaries); err != nil {
		return err
	}
	b.atStop(b.Flux.Close)
	if !b.Cluster.Existing {
		b.handlerKubeconfig = b.Cluster.Kubeconfig
		return nil
	}
	if err := Admit(ctx, b.Cluster, b.Seed); err != nil {
		return err
	}
	return b.enter(ctx)
}

func (b *Bench) prepareReplay(ctx context.Context, assembly *replay.Assembly) (err error) {
	options := replay.Options{
		Assembly:    assembly,
		Environment: b.Environment,
		Kubeconfig:  b.handlerKubeconfig,
		Dir:         filepath.Join(b.Dir, "replay"),
		Charts:      &charts{b},
		Object:      b.standIn,
		After:       b.afterChart,
		Progress:    b.Progress,
		TimeScale:   HandlerClock,
	}
	if b.Cluster.Existing {
		// The charts would run Flux as pods, which reach none of the servers on this machine.
		options.NoCharts = "Flux has no pods on this cluster"
		options.TimeScale = 1 // real pods take their time
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
func (b *Bench) Stop() error { return b.StopWithin(context.Background()) }

// StopWithin does the same. When its context ends, what is still in a cluster
// of others stays there, and the error lists it.
func (b *Bench) StopWithin(ctx context.Context) error {
	var problems []error
	for len(b.closers) > 0 {
		last := len(b.closers) - 1
		problems = append(problems, b.closers[last](ctx))
		b.closers = b.closers[:last]
	}
	return errors.Join(problems...)
}

func (b *Bench) atStop(end func() error) {
	b.closers = append(b.closers, func(context.Context) error { return end() })
}
