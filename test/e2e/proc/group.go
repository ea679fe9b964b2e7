package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Group is the programs of one bench. It stops them in the reverse order.
type Group struct {
	logs string

	mu    sync.Mutex
	waves [][]*Process // each was started together and ends together
}

// NewGroup makes a group that logs into a folder, one file a process.
func NewGroup(logs string) (*Group, error) {
	if err := os.MkdirAll(logs, 0o700); err != nil {
		return nil, err
	}
	return &Group{logs: logs}, nil
}

// Start starts programs side by side and waits until all are ready.
func (g *Group) Start(ctx context.Context, specs ...Spec) error {
	var wave []*Process
	for _, spec := range specs {
		if g.Get(spec.Name) != nil {
			return fmt.Errorf("there is a process %s already", spec.Name)
		}
		wave = append(wave, &Process{Spec: spec, log: filepath.Join(g.logs, spec.Name+".log")})
	}
	g.mu.Lock()
	g.waves = append(g.waves, wave)
	g.mu.Unlock()
	return each(wave, func(p *Process) error { return p.Start(ctx) })
}

// Get finds a process by its name. It answers nil when there is none.
func (g *Group) Get(name string) *Process {
	for _, p := range g.All() {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// All lists the processes in the order in which they were started.
func (g *Group) All() []*Process {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Concat(g.waves...)
}

// Stop ends all processes, the last started first.
func (g *Group) Stop() error {
	g.mu.Lock()
	waves := g.waves
	g.waves = nil
	g.mu.Unlock()
	var problems []error
	for _, wave := range slices.Backward(waves) {
		problems = append(problems, each(wave, (*Process).Stop))
	}
	return errors.Join(problems...)
}

// Dead lists the processes that ended without being asked to.
func (g *Group) Dead() (names []string) {
	for _, p := range g.All() {
		if !p.Alive() {
			names = append(names, p.Name)
		}
	}
	return names
}

// Tail shows the last lines of each log, for the report of a failure.
func (g *Group) Tail(lines int) string {
	var text strings.Builder
	for _, p := range g.All() {
		fmt.Fprintln(&text, p.Tail(lines))
	}
	return text.String()
}

func each(processes []*Process, do func(*Process) error) error {
	problems := make([]error, len(processes))
	var wait sync.WaitGroup
	for i, p := range processes {
		wait.Go(func() { problems[i] = do(p) })
	}
	wait.Wait()
	return errors.Join(problems...)
}
