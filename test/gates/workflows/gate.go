// Package workflows reviews the project's GitHub workflows.
package workflows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rhysd/actionlint"

	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
)

// folders of workflows, below the root: the project's, and those that the config
// repository begins with.
var folders = []string{".github/workflows", "manifests/.github/workflows"}

// New is the gate.
func New() gate.Gate {
	return gate.Gate{Name: "workflows", Run: func(_ context.Context, in gate.Input) ([]finding.Finding, error) {
		return check(in.Root)
	}}
}

func check(root string) ([]finding.Finding, error) {
	var found []finding.Finding
	for _, folder := range folders {
		of, err := checkFolder(root, folder)
		found = append(found, of...)
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

func checkFolder(root, folder string) ([]finding.Finding, error) {
	entries, err := os.ReadDir(filepath.Join(root, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []finding.Finding
	for _, entry := range entries {
		if extension := filepath.Ext(entry.Name()); extension != ".yml" && extension != ".yaml" {
			continue
		}
		of, err := checkFile(root, folder+"/"+entry.Name())
		if err != nil {
			return found, err
		}
		found = append(found, of...)
	}
	return found, nil
}

func checkFile(root, path string) ([]finding.Finding, error) {
	content, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return nil, err
	}
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{WorkingDir: root})
	if err != nil {
		return nil, fmt.Errorf("start actionlint: %w", err)
	}
	mistakes, err := linter.Lint(filepath.Join(root, path), content, nil)
	if err != nil {
		return nil, fmt.Errorf("actionlint %s: %w", path, err)
	}
	r := &review{path: path}
	for _, m := range mistakes {
		r.add(m.Kind, m.Line, "see https://github.com/rhysd/actionlint/blob/main/docs/checks.md", "%s", m.Message)
	}
	// What actionlint has already refused to read has no rules of ours.
	if workflow, problems := actionlint.Parse(content); len(problems) == 0 {
		r.check(workflow)
	}
	return r.found, nil
}

type review struct {
	path  string
	found []finding.Finding
}

func (r *review) add(rule string, line int, fix, format string, args ...any) {
	r.found = append(r.found, finding.Finding{
		Rule: rule, Path: fmt.Sprintf("%s:%d", r.path, line), Problem: strings.TrimSpace(fmt.Sprintf(format, args...)), Fix: fix,
	})
}
