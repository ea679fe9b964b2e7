package proc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crashVariable makes this test binary a bench that is about to crash.
const crashVariable = "PROC_TEST_CRASH"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashVariable); dir != "" {
		crash(dir)
	}
	os.Exit(m.Run())
}

// crash starts a process, tells its number and waits to be killed.
func crash(dir string) {
	group, err := NewGroup(dir)
	if err == nil {
		err = group.Start(context.Background(), shell("sleeper", "exec sleep 300"))
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(group.Get("sleeper").PID())
	select {}
}

func shell(name, script string) Spec {
	return Spec{Name: name, Path: "/bin/sh", Args: []string{"-c", script}, Env: []string{"PATH=" + os.Getenv("PATH")}}
}

func newGroup(t *testing.T) *Group {
	t.Helper()
	group, err := NewGroup(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, group.Stop()) })
	return group
}

func gone(pid int) func() bool {
	return func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
}

func TestNothingOutlivesAKilledBench(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("only Linux ends the programs of a killed bench")
	}
	bench := exec.Command(os.Args[0])
	bench.Env = append(os.Environ(), crashVariable+"="+t.TempDir())
	output, err := bench.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, bench.Start())
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err, line)
	require.NoError(t, syscall.Kill(pid, 0), "it runs")

	require.NoError(t, bench.Process.Kill())
	require.Error(t, bench.Wait())
	require.Eventually(t, gone(pid), 5*time.Second, 10*time.Millisecond)
}

func TestStopEndsChildrenToo(t *testing.T) {
	group := newGroup(t)
	require.NoError(t, group.Start(t.Context(), shell("parent", "sleep 300 & echo $!; wait")))
	var child int
	require.Eventually(t, func() bool {
		text, _ := os.ReadFile(group.Get("parent").Log())
		child, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return child > 0
	}, 5*time.Second, 10*time.Millisecond)
	require.NoError(t, group.Stop())
	require.Eventually(t, gone(child), 5*time.Second, 10*time.Millisecond)
}

func TestStopKillsWhatIgnoresIt(t *testing.T) {
	group := newGroup(t)
	spec := shell("stubborn", "trap '' TERM; touch $0; while :; do sleep 0.01; done")
	mark := t.TempDir() + "/ready"
	spec.Args = append(spec.Args, mark)
	spec.Grace = 100 * time.Millisecond
	spec.Ready = func(context.Context) error { _, err := os.Stat(mark); return err }
	require.NoError(t, group.Start(t.Context(), spec))
	p := group.Get("stubborn")
	require.NoError(t, p.Stop())
	require.False(t, p.Alive())
}

func TestStopIsInReverseOrder(t *testing.T) {
	group := newGroup(t)
	order := t.TempDir() + "/order"
	for _, name := range []string{"first", "second"} {
		mark := order + "." + name
		spec := shell(name, fmt.Sprintf("trap 'echo %s >> %s; exit 0' TERM; touch %s; while :; do sleep 0.01; done", name, order, mark))
		spec.Ready = func(context.Context) error { _, err := os.Stat(mark); return err }
		require.NoError(t, group.Start(t.Context(), spec))
	}
	require.NoError(t, group.Stop())
	text, err := os.ReadFile(order)
	require.NoError(t, err)
	require.Equal(t, "second\nfirst\n", string(text))
}

func TestAnEarlyEndShowsTheLog(t *testing.T) {
	group := newGroup(t)
	spec := shell("broken", "echo the flag is unknown; exit 3")
	spec.Ready = func(context.Context) error { return errors.New("no answer") }
	err := group.Start(t.Context(), spec)
	require.ErrorContains(t, err, "broken ended before it was ready: exit status 3")
	require.ErrorContains(t, err, "the flag is unknown")
	require.Equal(t, []string{"broken"}, group.Dead())
}

func TestKillAndStartAgain(t *testing.T) {
	group := newGroup(t)
	require.NoError(t, group.Start(t.Context(), shell("worker", "echo begin; exec sleep 300")))
	p := group.Get("worker")
	before := p.PID()
	begins := func(n int) func() bool { return func() bool { return strings.Count(p.Tail(5), "begin") == n } }
	require.Eventually(t, begins(1), 5*time.Second, 10*time.Millisecond)
	require.NoError(t, p.Kill())
	require.False(t, p.Alive())
	require.Zero(t, p.PID())
	require.NoError(t, p.Start(t.Context()))
	require.NotEqual(t, before, p.PID())
	require.ErrorContains(t, p.Start(t.Context()), "it already runs")
	require.Eventually(t, begins(2), 5*time.Second, 10*time.Millisecond)
}

func TestNothingIsInherited(t *testing.T) {
	t.Setenv("SECRET_OF_THE_USER", "x")
	group := newGroup(t)
	require.NoError(t, group.Start(t.Context(), Spec{Name: "env", Path: "/usr/bin/env"}))
	p := group.Get("env")
	<-p.Exited()
	text, err := os.ReadFile(p.Log())
	require.NoError(t, err)
	require.NotContains(t, string(text), "SECRET_OF_THE_USER")
}

func TestUsage(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("only on Linux")
	}
	usage, err := UsageOf("self", os.Getpid())
	require.NoError(t, err)
	require.Greater(t, usage.RSS, int64(1<<20))
	require.GreaterOrEqual(t, usage.PeakRSS, usage.RSS)
}
