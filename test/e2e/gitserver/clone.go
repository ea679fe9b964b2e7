package gitserver

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Clone is a working copy, as a developer has it.
type Clone struct {
	// Dir is the working tree.
	Dir    string
	server *Server
}

// Clone clones a repository into a folder, over HTTPS.
func (s *Server) Clone(ctx context.Context, name, dir string) (*Clone, error) {
	address, err := url.Parse(s.RepositoryURL(name))
	if err != nil {
		return nil, err
	}
	address.User = url.UserPassword(s.User, s.Password)
	if _, err := s.git(ctx, "clone", "--quiet", address.String(), dir); err != nil {
		return nil, err
	}
	return &Clone{Dir: dir, server: s}, nil
}

// Git runs a git command in the working tree and answers its output.
func (c *Clone) Git(ctx context.Context, args ...string) (string, error) {
	return c.server.git(ctx, append([]string{"-C", c.Dir}, args...)...)
}

// Edit replaces the content of a file by what change makes of it. A change
// that changes nothing is an error: the test that asked for it would wait in vain.
func (c *Clone) Edit(file string, change func(text string) string) error {
	path := filepath.Join(c.Dir, filepath.FromSlash(file))
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	after := change(string(before))
	if after == string(before) {
		return fmt.Errorf("the change of %s changes nothing", file)
	}
	return os.WriteFile(path, []byte(after), 0o644)
}

// Write writes a file, with the folders above it.
func (c *Clone) Write(file, text string) error {
	path := filepath.Join(c.Dir, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// Push commits all changes, on top of what others have pushed, pushes them and
// answers the commit.
func (c *Clone) Push(ctx context.Context, message string) (string, error) {
	if _, err := c.Git(ctx, "add", "--all"); err != nil {
		return "", err
	}
	if _, err := c.Git(ctx, "commit", "--quiet", "--message="+message); err != nil {
		return "", err
	}
	return c.publish(ctx)
}

// Revert pushes the reverse of a commit and answers the new commit.
func (c *Clone) Revert(ctx context.Context, commit string) (string, error) {
	if err := c.Pull(ctx); err != nil {
		return "", err
	}
	if _, err := c.Git(ctx, "revert", "--no-edit", commit); err != nil {
		return "", err
	}
	return c.publish(ctx)
}

// Pull gets what others have pushed.
func (c *Clone) Pull(ctx context.Context) error {
	_, err := c.Git(ctx, "pull", "--quiet", "--rebase", "origin", Branch)
	return err
}

// publish pulls only after the server has refused, which it does where somebody
// else has pushed: a pull is a dozen programs.
func (c *Clone) publish(ctx context.Context) (string, error) {
	push := []string{"push", "--quiet", "origin", "HEAD:" + Branch}
	if _, err := c.Git(ctx, push...); err != nil {
		if err := c.Pull(ctx); err != nil {
			return "", err
		}
		if _, err := c.Git(ctx, push...); err != nil {
			return "", err
		}
	}
	return c.Git(ctx, "rev-parse", "HEAD")
}

// git runs git apart from the user's settings and credentials.
func (s *Server) git(ctx context.Context, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "GIT_SSL_CAINFO=" + s.CAFile()}, isolated(s.dir)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		text := strings.ReplaceAll(strings.Join(args, " "), s.Password, "***")
		return "", fmt.Errorf("git %s: %w: %s", text, err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), nil
}

func isolated(home string) []string {
	return []string{
		"HOME=" + home,
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Bench", "GIT_AUTHOR_EMAIL=bench@example.invalid",
		"GIT_COMMITTER_NAME=Bench", "GIT_COMMITTER_EMAIL=bench@example.invalid",
		// These repositories are too young for the maintenance that git would
		// start after each commit and push.
		"GIT_CONFIG_COUNT=2",
		"GIT_CONFIG_KEY_0=maintenance.auto", "GIT_CONFIG_VALUE_0=false",
		"GIT_CONFIG_KEY_1=receive.autoGC", "GIT_CONFIG_VALUE_1=false",
	}
}
