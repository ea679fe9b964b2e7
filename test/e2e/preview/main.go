// Preview brings the platform up on this machine, shows what Flux does, and
// says what to try. Ctrl-C takes everything down. Run it with make preview.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/binaries"
	"gitops-eks/test/e2e/rundir"
)

func main() {
	var o options
	flag.StringVar(&o.root, "root", ".", "folder of cdk.json")
	flag.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig of an existing cluster to use, its current context; default: a control plane of its own")
	flag.StringVar(&o.registry, "registry", "", "with -kubeconfig: host:port of a registry that this machine and the nodes reach")
	flag.Parse()
	outliveReaders()
	ctx, stop := interruptible()
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// interruptible ends with Ctrl-C, and with the terminal: a cluster of others
// must not keep what is in it then.
func interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
}

// outliveReaders has a write to a pipe that nobody reads any more fail, instead
// of ending the process: Ctrl-C ends the tee of `make preview | tee log`, too,
// and everything is yet to be taken down then.
func outliveReaders() {
	// Not signal.Ignore: the programs that this one starts would ignore it, too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}

func run(ctx context.Context, o options) (err error) {
	if err := o.resolve(); err != nil {
		return err
	}
	// To be interrupted is how it ends, not a failure. What could not be taken down is one.
	err = preview(ctx, o)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

func preview(ctx context.Context, o options) (err error) {
	build := binaries.Options{Source: filepath.Join(o.root, "test", "e2e"), Progress: os.Stdout}
	missing, err := binaries.Missing(ctx, build)
	if err != nil {
		return err
	}
	if err := errors.Join(check(ctx, thisMachine(), o.root, len(missing) > 0), o.checkCluster(ctx)); err != nil {
		return err
	}
	set, err := binaries.Build(ctx, build)
	if err != nil {
		return err
	}
	dir, release, err := rundir.New(filepath.Join(os.TempDir(), "gitops-eks-preview"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()

	restore, err := divertErrors(dir)
	if err != nil {
		return err
	}
	defer restore()

	fmt.Println("\nStand-ins, all else is real:")
	for _, line := range o.standIns() {
		fmt.Println("  " + line)
	}
	translations, err := writeTranslations(dir)
	if err != nil {
		return err
	}
	fmt.Println("  those arguments that make sense in a pod only are listed in " + translations)
	fmt.Println("\nStarting, and deploying the synthesized assembly:")
	b, err := bench.Start(ctx, bench.Options{
		Root: o.root, Binaries: set, Dir: dir, Progress: os.Stdout, Frugal: true,
		Kubeconfig: o.kubeconfig, Registry: o.registry, App: filepath.Join(o.root, "app"),
	})
	if err != nil {
		return err
	}
	defer func() { err = takeDown(ctx, b, err) }()
	return use(ctx, b)
}

// divertErrors sends what the libraries and Git print to standard error to a
// file: it would end up in the middle of the status.
func divertErrors(dir string) (restore func(), err error) {
	file, err := os.Create(filepath.Join(dir, "stderr.log"))
	if err != nil {
		return nil, err
	}
	before := os.Stderr
	os.Stderr = file
	return func() {
		os.Stderr = before
		_ = file.Close() // nobody reads it any more
	}, nil
}

// use deploys, says what to try and shows what becomes of it.
func use(ctx context.Context, b *bench.Bench) error {
	if err := b.Deploy(ctx); err != nil {
		return err
	}
	// As a webhook would: otherwise Flux looks once a minute.
	b.Git.OnPush(func(string) { _ = b.Reconcile(ctx, bench.Source()) })
	tries, err := b.Tries(ctx)
	if err != nil {
		return err
	}
	version, err := b.Cluster.Version(ctx)
	if err != nil {
		return err
	}
	fmt.Print(tries)
	return watch(ctx, b, newView(os.Stdout, "environment "+b.Environment+" on Kubernetes "+version+", Ctrl-C ends it"))
}

// takeDown takes another Ctrl-C, to leave it at that, and answers what the use
// ended with besides that, and what went wrong here.
func takeDown(ctx context.Context, b *bench.Bench, cause error) error {
	if ctx.Err() != nil && errors.Is(cause, ctx.Err()) {
		cause = nil
	}
	fmt.Println("\nTaking everything down. Another Ctrl-C cuts it short.")
	again, stop := interruptible()
	defer stop()
	err := b.StopWithin(again)
	if err == nil {
		fmt.Println("Nothing is left.")
	}
	return errors.Join(cause, err)
}
