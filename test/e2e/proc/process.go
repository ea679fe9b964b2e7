package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	// readyTimeout is for a busy machine: the slowest, the API server, needs 4 s on an idle one.
	readyTimeout = 2 * time.Minute
	// pollInterval is small because bring-up is a chain of ten waits.
	pollInterval = 50 * time.Millisecond
	// defaultGrace is what the programs of the bench need to end; controllers wait for
	// running reconciliations, and those may hang when their peers are gone.
	defaultGrace = 5 * time.Second
)

// Spec says how to run a program.
type Spec struct {
	// Name of the process and of its log file. Required.
	Name string
	// Path of the program. Required.
	Path string
	Args []string
	// Env is the whole environment: nothing is inherited, so that no proxy,
	// credential or CA bundle of the user's shell changes what the bench shows.
	Env []string
	// Ready answers nil once the process serves. Default: it is ready at once.
	Ready func(context.Context) error
	// Grace is how long the process may take to end after SIGTERM. Default 5 seconds.
	Grace time.Duration
}

// Process is a program that can be stopped, killed and started again.
type Process struct {
	Spec
	log string

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
	err  error         // how it ended, set before done is closed
}

// Start starts the process and waits until it is ready. A process that ends
// before that is reported with the last lines of its log.
func (p *Process) Start(ctx context.Context) error {
	done, err := p.spawn()
	if err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	return p.awaitReady(ctx, done)
}

func (p *Process) spawn() (<-chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.alive() {
		return nil, errors.New("it already runs")
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(p.Path, p.Args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.Env, log, log
	if cmd.Env == nil {
		cmd.Env = []string{} // nil would inherit
	}
	if err := Start(cmd); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	p.cmd, p.done = cmd, done
	go func() {
		err := cmd.Wait()
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
		close(done)
	}()
	return done, nil
}

func (p *Process) awaitReady(ctx context.Context, done <-chan struct{}) error {
	if p.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		probe, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := p.Ready(probe)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-done:
			return fmt.Errorf("%s ended before it was ready: %w\n%s", p.Name, p.exit(), p.Tail(20))
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w (%w)\n%s", p.Name, err, ctx.Err(), p.Tail(20))
		case <-time.After(pollInterval):
		}
	}
}

// alive needs mu.
func (p *Process) alive() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Alive tells whether the process runs.
func (p *Process) Alive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.alive()
}

// PID of the process, 0 when it does not run.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.alive() {
		return 0
	}
	return p.cmd.Process.Pid
}

// Exited is closed when the process, as started last, has ended.
func (p *Process) Exited() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}

func (p *Process) exit() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		return errors.New("exit status 0")
	}
	return p.err
}

// Stop ends the process with SIGTERM, after the grace period with SIGKILL.
func (p *Process) Stop() error {
	grace := p.Grace
	if grace == 0 {
		grace = defaultGrace
	}
	if p.signal(syscall.SIGTERM, grace) {
		return nil
	}
	return p.Kill()
}

// Kill ends the process with SIGKILL, as an out-of-memory kill would.
func (p *Process) Kill() error {
	if p.signal(syscall.SIGKILL, 10*time.Second) {
		return nil
	}
	return fmt.Errorf("%s (pid %d) survives SIGKILL", p.Name, p.PID())
}

// Restart stops and starts the process.
func (p *Process) Restart(ctx context.Context) error {
	if err := p.Stop(); err != nil {
		return err
	}
	return p.Start(ctx)
}

// signal signals the process group and tells whether the process ended in time.
func (p *Process) signal(signal syscall.Signal, wait time.Duration) bool {
	p.mu.Lock()
	if !p.alive() {
		p.mu.Unlock()
		return true
	}
	pid, done := p.cmd.Process.Pid, p.done
	p.mu.Unlock()
	_ = syscall.Kill(-pid, signal) // it may have ended meanwhile
	select {
	case <-done:
		return true
	case <-time.After(wait):
		return false
	}
}
