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
	"gitops-eks/test/e2e/fluxrun"
	"gitops-eks/test/e2e/rundir"
	"gitops-eks/test/e2e/standins"
)

func main() {
	root := flag.String("root", ".", "folder of cdk.json")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *root); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root string) (err error) {
	if err := check(os.TempDir()); err != nil {
		return err
	}
	if root, err = filepath.Abs(root); err != nil {
		return err
	}
	set, err := binaries.Build(ctx, binaries.Options{Source: filepath.Join(root, "test", "e2e"), Progress: os.Stdout})
	if err != nil {
		return err
	}
	dir, release, err := rundir.New(filepath.Join(os.TempDir(), "gitops-eks-preview"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()

	fmt.Println("\nStand-ins, all else is real:")
	for _, line := range append(standins.List(), fluxrun.Translations()...) {
		fmt.Println("  " + line)
	}
	fmt.Println("\nStarting the control plane and deploying the synthesized assembly:")
	b, err := bench.Start(ctx, bench.Options{Root: root, Binaries: set, Dir: dir, Progress: os.Stdout})
	if err != nil {
		return err
	}
	defer func() {
		fmt.Println("\nTaking everything down.")
		err = errors.Join(err, b.Stop())
	}()
	if err := b.Deploy(ctx); err != nil {
		return err
	}
	// As a webhook would: otherwise Flux looks once a minute.
	b.Git.OnPush(func(string) { _ = b.Reconcile(ctx, bench.Source()) })
	if err := b.PrepareTries(ctx); err != nil {
		return err
	}
	fmt.Print(b.Tries())
	return watch(ctx, b, os.Stdout)
}
