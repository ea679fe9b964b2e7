package binaries

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"gitops-eks/test/e2e/proc"
)

// build makes what is missing, one after the other: the go command itself uses
// all processors, and packages that two programs share are compiled once.
func (o *Options) build(ctx context.Context, set Set, missing []string) error {
	start := time.Now()
	if err := o.clearUnfinished(); err != nil {
		return err
	}
	fmt.Fprintf(o.Progress, "building the programs of the bench into %s: %d of %d are missing\n", o.Cache, len(missing), len(programs)+len(datas))
	for i, name := range missing {
		status := func() string {
			return fmt.Sprintf("building %s, %d more after it, %s elapsed", name, len(missing)-i-1, time.Since(start).Round(time.Second))
		}
		fmt.Fprintln(o.Progress, status())
		ticking, stop := context.WithCancel(ctx)
		go progress(ticking, o.Progress, status)
		err := o.make(ctx, set, name)
		stop()
		if err != nil {
			return fmt.Errorf("build %s: %w", name, err)
		}
	}
	fmt.Fprintf(o.Progress, "built %d in %s\n", len(missing), time.Since(start).Round(time.Second))
	return o.clearUnused()
}

// unfinished begins the names of folders in which something is being made.
const unfinished = ".unfinished-"

// clearUnfinished removes what killed builds left. It needs the lock.
func (o *Options) clearUnfinished() error {
	left, err := filepath.Glob(filepath.Join(o.Cache, "*", unfinished+"*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

// keep is how long programs of other versions stay: long enough to go back and
// forth between two branches, and they take 800 MB.
const keep = 14 * 24 * time.Hour

// clearUnused removes the programs that no run has used for long. It needs the lock.
func (o *Options) clearUnused() error {
	folders, err := filepath.Glob(filepath.Join(o.Cache, "*-*"))
	for _, folder := range folders {
		if info, e := os.Stat(folder); e == nil && time.Since(info.ModTime()) > keep {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}
	return err
}

// make makes a program or a folder of data. The rename at the end is what
// makes it count.
func (o *Options) make(ctx context.Context, set Set, name string) error {
	final := set.Path(name)
	if err := os.MkdirAll(filepath.Dir(final), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(final), unfinished+name+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	result := filepath.Join(work, name)
	if i := slices.IndexFunc(programs, func(p program) bool { return p.name == name }); i >= 0 {
		err = o.compile(ctx, programs[i], work, result)
	} else {
		i := slices.IndexFunc(datas, func(d data) bool { return d.name == name })
		err = o.copyData(ctx, datas[i], result)
	}
	if err != nil {
		return err
	}
	return os.Rename(result, final)
}

func (o *Options) compile(ctx context.Context, p program, work, result string) error {
	args := append([]string{"build", "-o", result}, p.args()...)
	if p.pages != "" {
		modfile, err := o.lendPages(ctx, p, work)
		if err != nil {
			return err
		}
		args = append(args, "-modfile="+modfile)
	}
	_, err := o.goCommand(ctx, p.module, append(args, p.pkg)...)
	return err
}

// lendPages makes a copy of the program's own module with the web pages that it
// embeds: they are made by Node and not part of the module. The bench runs it
// without its web server. It answers a go.mod that uses the copy; an overlay
// would do without one, but the go command refuses those in its module cache.
func (o *Options) lendPages(ctx context.Context, p program, work string) (modfile string, err error) {
	source, err := o.moduleFolder(ctx, p.module, operatorModule)
	if err != nil {
		return "", err
	}
	copied := filepath.Join(work, "source")
	if err := os.CopyFS(copied, os.DirFS(source)); err != nil {
		return "", err
	}
	page := filepath.Join(copied, p.pages, "index.html")
	if err := os.MkdirAll(filepath.Dir(page), 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(page, []byte("<!doctype html><title>no web interface in this build</title>\n"), 0o644); err != nil {
		return "", err
	}
	modfile = filepath.Join(work, "go.mod")
	for from, to := range map[string]string{"go.mod": modfile, "go.sum": filepath.Join(work, "go.sum")} {
		text, err := os.ReadFile(filepath.Join(o.Source, p.module, from))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			return "", err
		}
	}
	_, err = o.goCommand(ctx, p.module, "mod", "edit", "-replace="+operatorModule+"="+copied, modfile)
	return modfile, err
}

func (o *Options) copyData(ctx context.Context, d data, result string) error {
	source, err := o.moduleFolder(ctx, d.module, d.source)
	if err != nil {
		return err
	}
	for _, folder := range d.folders {
		if err := os.CopyFS(filepath.Join(result, folder), os.DirFS(filepath.Join(source, folder))); err != nil {
			return err
		}
	}
	return nil
}

// moduleFolder is where the go command keeps a module, after it has fetched it.
func (o *Options) moduleFolder(ctx context.Context, module, path string) (string, error) {
	text, err := o.goCommand(ctx, module, "mod", "download", "-json", path)
	if err != nil {
		return "", err
	}
	var download struct{ Dir string }
	if err := json.Unmarshal(text, &download); err != nil {
		return "", fmt.Errorf("go mod download %s: %w", path, err)
	}
	return download.Dir, nil
}

// goCommand runs the go command in a tool-only module.
func (o *Options) goCommand(ctx context.Context, module string, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = filepath.Join(o.Source, module), environment()
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := proc.Start(cmd); err != nil {
		return nil, err
	}
	// The whole group: compilers and linkers outlive a go command that is killed alone.
	defer context.AfterFunc(ctx, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })()
	if err := cmd.Wait(); err != nil {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("go %s in %s: %w\n%s", strings.Join(args, " "), cmd.Dir, err, stderr.String()))
	}
	return stdout.Bytes(), nil
}

// describe adds what a failed command wrote to its error.
func describe(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return err
}
