// Cmd reviews what the working tree changes against a base, offline. Run it
// with make diff BASE=origin/main. Exit codes: 0 nothing that has to be
// accepted, 1 a risk that nobody accepted, 2 it could not review.
package main

import (
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
	root := flag.String("root", ".", "folder of cdk.json")
	base := flag.String("base", "", "git reference to compare with, such as origin/main")
	out := flag.String("out", "", "folder for review.md, the comment, and review-full.md; empty writes none")
	allow := flag.String("allow", "", "file with overrides, such as the pull request's description")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	failed, err := run(ctx, *root, *base, *out, *allow)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "could not review:", err)
		os.Exit(couldNot)
	case failed:
		os.Exit(1)
	}
}

func run(ctx context.Context, root, base, out, allow string) (failed bool, err error) {
	if root, err = filepath.Abs(root); err != nil {
		return false, err
	}
	options := review.Options{Root: root, Base: base, Tools: filepath.Join(root, "test", "gates")}
	if allow != "" {
		text, err := os.ReadFile(allow)
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
	return result.Failed(), write(out, result)
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
