// Package sides prepares the two sides of a review: the base, a commit in a
// work tree of its own, and the head, the working tree as it is.
package sides

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Base is the project as it is at a commit.
type Base struct {
	// Dir is the folder of cdk.json.
	Dir string
	// Commit that the change started from.
	Commit string

	root, tree string
}

// Checkout checks out where the working tree in root branched off from ref.
// What ref got since is not part of the change. [Base.Remove] removes it.
func Checkout(ctx context.Context, root, ref string) (*Base, error) {
	// A leading '-' would be an option.
	if ref == "" || strings.HasPrefix(ref, "-") {
		return nil, fmt.Errorf("the base %q is no git reference; say which, such as BASE=origin/main", ref)
	}
	if _, err := git(ctx, root, "rev-parse", "--verify", "--quiet", ref+"^{commit}"); err != nil {
		return nil, fmt.Errorf("the base %q is no commit here: %w; fetch it, such as git fetch origin main", ref, err)
	}
	commit, err := git(ctx, root, "merge-base", ref, "HEAD")
	if err != nil {
		return nil, fmt.Errorf("%s and HEAD have no common commit here: %w; fetch the whole history (actions/checkout: fetch-depth: 0)", ref, err)
	}
	prefix, err := git(ctx, root, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, err
	}
	temporary, err := os.MkdirTemp("", "gitops-eks-base-")
	if err != nil {
		return nil, err
	}
	base := &Base{Commit: commit, root: root, tree: filepath.Join(temporary, "tree")}
	base.Dir = filepath.Join(base.tree, prefix)
	if _, err := git(ctx, root, "worktree", "add", "--detach", base.tree, commit); err != nil {
		return nil, errors.Join(err, base.Remove())
	}
	return base, nil
}

// Remove removes the work tree, also after ctx of [Checkout] has ended.
func (b *Base) Remove() error {
	// Files that cannot be removed by git, such as links to packages, go by hand.
	_, err := git(context.Background(), b.root, "worktree", "remove", "--force", b.tree)
	if removed := os.RemoveAll(filepath.Dir(b.tree)); removed != nil {
		return errors.Join(err, removed)
	}
	_, err = git(context.Background(), b.root, "worktree", "prune")
	return err
}

// Trailers are the lines with which commits since the base end, such as
// Allow-Replacement: dev-network/Network/Vpc.
func (b *Base) Trailers(ctx context.Context) (string, error) {
	return git(ctx, b.root, "log", "--format=%(trailers:only,unfold)", b.Commit+"..HEAD")
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = dir
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
