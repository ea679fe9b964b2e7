// Cmd reviews what the working tree changes against a base, offline. Run it
// with make diff BASE=origin/main. Exit codes: 0 nothing that has to be
// accepted, 1 a risk that nobody accepted, 2 it could not review.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"gitops-eks/test/gates/review"
	"gitops-eks/test/gates/review/change"
	"gitops-eks/test/gates/review/report"
)

// couldNot is the exit code of a review that did not come about.
const couldNot = 2

func main() {
	var o options
	flag.StringVar(&o.root, "root", ".", "folder of the reviewer's cdk.json, with its packages")
	flag.StringVar(&o.head, "head", "", "folder of the cdk.json to review; empty is root")
	flag.StringVar(&o.assembly, "assembly", "", "what the head was synthesized to; empty synthesizes it")
	flag.StringVar(&o.base, "base", "", "git reference to compare with, such as origin/main")
	flag.StringVar(&o.out, "out", "", "folder for review.md, the comment, and review-full.md; empty writes none")
	flag.StringVar(&o.allow, "allow", "", "file with overrides, such as the pull request's description")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	failed, err := run(ctx, o)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "could not review:", err)
		os.Exit(couldNot)
	case failed:
		os.Exit(1)
	}
}

// options are the command line's.
type options struct{ root, head, assembly, base, out, allow string }

func run(ctx context.Context, o options) (failed bool, err error) {
	project, err := filepath.Abs(o.root)
	if err != nil {
		return false, err
	}
	head, err := filepath.Abs(cmp.Or(o.head, o.root))
	if err != nil {
		return false, err
	}
	options := review.Options{Root: head, Assembly: o.assembly, Base: o.base, Project: project}
	if o.allow != "" {
		text, err := os.ReadFile(o.allow)
		if err != nil {
			return false, err
		}
		options.Allow = string(text)
	}
	result, err := review.Run(ctx, options)
	if err != nil {
		return false, err
	}
	report.Text(os.Stdout, result)
	return result.Failed(), write(o.out, result)
}

func write(dir string, result change.Result) error {
	if dir == "" {
		return nil
	}
	const full = "review-full.md"
	comment, _ := report.Markdown(result, report.Limit, full)
	all, _ := report.Markdown(result, int(^uint(0)>>1), full)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "review.md"), []byte(comment), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, full), []byte(all), 0o600)
}
