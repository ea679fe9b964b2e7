package codebuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"gitops-eks/test/e2e/proc"
)

// Code is a commit, checked out into a folder.
type Code struct{ Dir, Commit string }

// Run runs the builds of a pipeline for a commit, one after the other, until
// one fails. The error has the end of what that one printed.
func (r *Runner) Run(ctx context.Context, p *Pipeline, code Code) error {
	if err := r.writeSettings(); err != nil {
		return err
	}
	given := map[string]string{p.source + ".CommitId": code.Commit}
	for _, a := range p.actions {
		exported, err := r.build(ctx, a, code, given)
		if err != nil {
			return fmt.Errorf("pipeline %s, action %s: %w", p.Name, a.name, err)
		}
		for name, value := range exported {
			given[a.namespace+"."+name] = value
		}
	}
	return nil
}

// workplace is the folder of one build.
type workplace struct{ source, home, tmp, exports, script string }

// build runs a build in a fresh folder and answers the variables that it exports.
func (r *Runner) build(ctx context.Context, a *action, code Code, given map[string]string) (map[string]string, error) {
	variables, err := a.environment(given)
	if err != nil {
		return nil, err
	}
	r.builds++
	dir := filepath.Join(r.Dir, fmt.Sprintf("%d-%s", r.builds, a.name))
	w := &workplace{filepath.Join(dir, "src"), filepath.Join(dir, "home"), filepath.Join(dir, "tmp"), filepath.Join(dir, "exports"), filepath.Join(dir, "build.sh")}
	if err := w.prepare(a.project, code.Dir); err != nil {
		return nil, err
	}
	var end tail
	cmd := exec.Command("bash", w.script)
	cmd.Dir, cmd.Env = w.source, r.environment(w, variables)
	cmd.Stdout = io.MultiWriter(r.Output, &end)
	cmd.Stderr = cmd.Stdout
	if err := run(ctx, cmd); err != nil {
		return nil, fmt.Errorf("%w, after:\n%s", err, end.String())
	}
	return w.exported(a.project)
}

// environment is CodeBuild's: the variables of the template and little else,
// so that a script that counts on more fails here, too.
func (r *Runner) environment(w *workplace, variables map[string]string) []string {
	env := []string{
		"PATH=" + r.programs() + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + w.home, "TMPDIR=" + w.tmp, "LANG=C.UTF-8",
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		env = append(env, name+"="+variables[name])
	}
	return env
}

func (w *workplace) prepare(p *project, code string) error {
	if err := os.CopyFS(w.source, os.DirFS(code)); err != nil {
		return err
	}
	// CodePipeline hands on the files of a commit, not the repository.
	err := os.RemoveAll(filepath.Join(w.source, ".git"))
	for _, folder := range []string{w.home, w.tmp, w.exports} {
		err = errors.Join(err, os.Mkdir(folder, 0o700))
	}
	return errors.Join(err, w.writeScript(p))
}

// writeScript has the commands run as CodeBuild does: one after the other in
// the same shell, until one fails. Each is a file to source; `||` behind it
// would switch off its `set -e`.
func (w *workplace) writeScript(p *project) error {
	var script strings.Builder
	for i, command := range p.commands {
		file := fmt.Sprintf("%s.%d", w.script, i+1)
		if err := os.WriteFile(file, []byte(command+"\n"), 0o600); err != nil {
			return err
		}
		fmt.Fprintf(&script, ". '%s'\nif [ $? -ne 0 ]; then echo 'command %d of %d failed'; exit 1; fi\n", file, i+1, len(p.commands))
	}
	for _, name := range p.exported {
		fmt.Fprintf(&script, "printf %%s \"${%[1]s?is exported by the buildspec and not set}\" >'%[2]s' || exit 1\n", name, filepath.Join(w.exports, name))
	}
	return os.WriteFile(w.script, []byte(script.String()), 0o600)
}

func (w *workplace) exported(p *project) (map[string]string, error) {
	values := map[string]string{}
	for _, name := range p.exported {
		text, err := os.ReadFile(filepath.Join(w.exports, name))
		if err != nil {
			return nil, err
		}
		values[name] = string(text)
	}
	return values, nil
}

// run runs a program, and kills it with all that it has started when the
// context ends.
func run(ctx context.Context, cmd *exec.Cmd) error {
	if err := proc.Start(cmd); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may just have ended
		return errors.Join(ctx.Err(), <-ended)
	}
}

// tail keeps the last lines of what is written to it.
type tail struct{ bytes.Buffer }

const tailLines = 25

// String answers the last lines.
func (t *tail) String() string {
	lines := strings.Split(strings.TrimSpace(t.Buffer.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
