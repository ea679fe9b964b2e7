// Package secrets looks for credentials in the clear: in the templates, in the
// assets that are text, and in the files of the repository.
package secrets

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/zricethezav/gitleaks/v8/detect"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
)

// largest is the size in bytes from which a file is no text that a person wrote.
const largest = 256 << 10

// New is the gate.
func New() gate.Gate {
	return gate.Gate{Name: "secrets", Run: func(ctx context.Context, in gate.Input) ([]finding.Finding, error) {
		detector, err := detect.NewDetectorDefaultConfig()
		if err != nil {
			return nil, fmt.Errorf("start gitleaks: %w", err)
		}
		s := &search{detector: detector, ctx: ctx}
		if err := s.assembly(in.Assembly); err != nil {
			return s.found, err
		}
		return s.found, s.repository(in.Root)
	}}
}

type search struct {
	ctx      context.Context
	detector *detect.Detector
	found    []finding.Finding
}

// assembly looks through templates and assets. Archives, which are the layers
// of the handler, are somebody else's and passed over.
func (s *search) assembly(a *assembly.Assembly) error {
	for _, stack := range a.Stacks {
		for _, r := range stack.All() {
			s.resource(r)
		}
	}
	seen := map[string]bool{}
	for _, asset := range a.Assets {
		info, err := os.Stat(asset.Path)
		if err != nil {
			return err
		}
		if !info.IsDir() || seen[asset.Path] {
			continue
		}
		seen[asset.Path] = true
		err = filepath.WalkDir(asset.Path, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			return s.file(path, filepath.Base(asset.Path)+strings.TrimPrefix(path, asset.Path))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// repository looks through the files that git knows; none when root is no
// checkout.
func (s *search) repository(root string) error {
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		return nil
	}
	out, err := exec.CommandContext(s.ctx, "git", "-C", root, "ls-files", "-z").Output()
	if err != nil {
		return fmt.Errorf("list the files of the repository: %w", err)
	}
	for _, name := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		// The snapshots are copies of templates, which have been looked at.
		if name == "" || strings.HasPrefix(name, "test/testdata/snapshots/") || filepath.Base(name) == "go.sum" {
			continue
		}
		if err := s.file(filepath.Join(root, name), name); err != nil {
			return err
		}
	}
	return nil
}

func (s *search) file(path, shown string) error {
	info, err := os.Stat(path)
	if os.IsNotExist(err) || err == nil && (!info.Mode().IsRegular() || info.Size() > largest) {
		return nil // Deleted and not yet committed, or no text.
	}
	if err != nil {
		return err
	}
	content, err := os.ReadFile(path)
	if err != nil || bytes.IndexByte(content, 0) >= 0 {
		return err
	}
	s.text(string(content), shown, func(f *finding.Finding, line int) { f.Path = fmt.Sprintf("%s:%d", shown, line) })
	return nil
}

// text reports what the detector finds, without the secret itself.
func (s *search) text(content, path string, locate func(*finding.Finding, int)) {
	fragment := detect.Fragment{Raw: content, FilePath: path} //nolint:staticcheck // its successor is not in v8
	for _, leak := range s.detector.Detect(fragment) {
		f := finding.Finding{
			Rule:    leak.RuleID,
			Problem: fmt.Sprintf("%s: %s", leak.Description, redacted(leak.Secret)),
			Fix:     "revoke it, and keep the new one in Secrets Manager or, for Git, encrypted with SOPS",
		}
		locate(&f, leak.StartLine+1)
		s.found = append(s.found, f)
	}
}

// redacted is enough of a secret to find it again.
func redacted(secret string) string {
	return fmt.Sprintf("%.4s… (%d characters)", secret, len(secret))
}
