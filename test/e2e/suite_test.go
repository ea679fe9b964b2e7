package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/binaries"
	"gitops-eks/test/e2e/figures"
	"gitops-eks/test/e2e/replay"
	"gitops-eks/test/e2e/rundir"
	"gitops-eks/test/synthesis"
)

// interrupted ends with Ctrl-C: tests fail then, and so take down what they started.
var interrupted context.Context

func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	interrupted = ctx
	var err error
	if root, err = filepath.Abs(filepath.Join("..", "..")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	stop()
	if err := errors.Join(report.Write(reportFile), releaseShared()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// report is what this run measured, reportFile where it is written.
var report = figures.New()

const reportFile = "report.json"

// deadline is a context for one test.
func deadline(t *testing.T, limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(interrupted, limit)
	t.Cleanup(cancel)
	return ctx
}

// programs builds what the cache lacks, outside any deadline.
func programs(t *testing.T) binaries.Set {
	t.Helper()
	set, err := binaries.Build(interrupted, binaries.Options{Source: ".", Progress: os.Stderr})
	require.NoError(t, err)
	return set
}

// runs is where the folders of all runs are, in the place for temporary files.
var runs = filepath.Join(os.TempDir(), "gitops-eks-bench")

// folder is the test's.
func folder(t *testing.T) string {
	t.Helper()
	dir, release, err := rundir.New(runs)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, release()) })
	return dir
}

// root of the project.
var root string

// releaseShared removes what all tests share.
var releaseShared = func() error { return nil }

// seeds are the copies of manifests/ and app/ that the tests run on.
func seeds(name string) string { return filepath.Join(root, synthesis.Project, name) }

// synthesized is what the project synthesizes, once for all tests.
var synthesized = sync.OnceValues(func() (*replay.Assembly, error) {
	dir, release, err := rundir.New(runs)
	if err != nil {
		return nil, err
	}
	releaseShared = release
	return bench.SynthesizeProject(interrupted, root, filepath.Join(dir, "cdk.out"))
})

// stopwatch prints how long each step took.
type stopwatch struct{ start, last time.Time }

func newStopwatch() *stopwatch { return &stopwatch{time.Now(), time.Now()} }

func (s *stopwatch) lap(t *testing.T, step string) {
	t.Helper()
	t.Logf("%6.2fs (+%5.2fs) %s", time.Since(s.start).Seconds(), time.Since(s.last).Seconds(), step)
	report.Part(t.Name()+": "+step, time.Since(s.last))
	s.last = time.Now()
}
