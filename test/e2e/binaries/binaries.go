// Package binaries builds the programs of the bench from Go modules, once.
//
// The tool-only modules kube, flux and operator pin what is built. They are
// apart from each other because their programs do not agree on the versions of
// what they share, and flux-operator is AGPL-3.0: a tool that is run, never
// linked.
package binaries

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// CacheVariable is the environment variable that moves the cache.
const CacheVariable = "GITOPS_EKS_BENCH_CACHE"

// Options of [Build].
type Options struct {
	// Source is the folder with the tool-only modules, test/e2e. Required.
	Source string
	// Cache is where the programs are kept. Default $GITOPS_EKS_BENCH_CACHE, else
	// gitops-eks/bench in the user's cache folder.
	Cache string
	// Progress gets a line for what is built, how many are left and how long it
	// has taken. Default: nobody is told.
	Progress io.Writer
}

// Set is the programs of the bench.
type Set struct {
	// folders maps a program or a folder of data to where it is.
	folders map[string]string
}

// Path of a program, such as "etcd".
func (s Set) Path(program string) string {
	return filepath.Join(s.folders[program], program)
}

// OperatorConfig is flux-operator's folder config.
func (s Set) OperatorConfig() string { return filepath.Join(s.Path("operator-config"), "config") }

// KwokStages is kwok's folder kustomize/stage.
func (s Set) KwokStages() string { return filepath.Join(s.Path("kwok-stages"), "kustomize", "stage") }

// Build makes the programs that the cache lacks. It may be interrupted: what is
// finished stays, and the next run goes on from there.
func Build(ctx context.Context, o Options) (Set, error) {
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if err := o.defaultCache(); err != nil {
		return Set{}, err
	}
	set, err := o.locate(ctx)
	if err != nil {
		return Set{}, err
	}
	if len(set.missing()) == 0 {
		set.used()
		return set, nil
	}
	if err := os.MkdirAll(o.Cache, 0o755); err != nil {
		return Set{}, err
	}
	release, err := lock(ctx, filepath.Join(o.Cache, "lock"), o.Progress)
	if err != nil {
		return Set{}, err
	}
	defer release()
	return set, o.build(ctx, set, set.missing())
}

// Missing lists what [Build] would make, so that a caller can say beforehand
// that it will take long.
func Missing(ctx context.Context, o Options) ([]string, error) {
	if err := o.defaultCache(); err != nil {
		return nil, err
	}
	set, err := o.locate(ctx)
	return set.missing(), err
}

func (o *Options) defaultCache() (err error) {
	if o.Cache == "" {
		o.Cache, err = CacheFolder()
		return err
	}
	o.Cache, err = filepath.Abs(o.Cache)
	return err
}

// CacheFolder is where the bench keeps its programs, absolute: the value of
// [CacheVariable] or, by default, a folder in the user's cache.
func CacheFolder() (string, error) {
	if cache := os.Getenv(CacheVariable); cache != "" {
		return filepath.Abs(cache)
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder: %w; set %s", err, CacheVariable)
	}
	return filepath.Join(base, "gitops-eks", "bench"), nil
}

// locate says where everything is or will be.
func (o *Options) locate(ctx context.Context) (Set, error) {
	set := Set{folders: map[string]string{}}
	for _, module := range modules() {
		key, err := key(ctx, filepath.Join(o.Source, module), module)
		if err != nil {
			return Set{}, fmt.Errorf("module %s: %w", module, err)
		}
		folder := filepath.Join(o.Cache, module+"-"+key)
		for _, p := range programs {
			if p.module == module {
				set.folders[p.name] = folder
			}
		}
		for _, d := range datas {
			if d.module == module {
				set.folders[d.name] = folder
			}
		}
	}
	return set, nil
}

// missing relies on the rename that ends each step: what is there is complete.
func (s Set) missing() (names []string) {
	for _, p := range programs {
		if _, err := os.Stat(s.Path(p.name)); errors.Is(err, os.ErrNotExist) {
			names = append(names, p.name)
		}
	}
	for _, d := range datas {
		if _, err := os.Stat(s.Path(d.name)); errors.Is(err, os.ErrNotExist) {
			names = append(names, d.name)
		}
	}
	return names
}

// used keeps the programs from being cleared away. To fail at it is harmless.
func (s Set) used() {
	now := time.Now()
	for _, folder := range s.folders {
		_ = os.Chtimes(folder, now, now)
	}
}

// progress says every now and then how far a build is: a linker can take a minute.
func progress(ctx context.Context, w io.Writer, line func() string) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(15 * time.Second):
			fmt.Fprintln(w, line())
		}
	}
}
