package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"gitops-eks/test/e2e/bench"
)

// period between two looks at the cluster.
const period = time.Second

// patience with a cluster that does not answer: a network may come back, and
// what is taken down does not.
const patience = time.Minute

// eventsShown is how far back events are of interest: to see one's own push.
const eventsShown = 10 * time.Minute

// A view shows what there is now.
type view interface {
	show(states []state, events []event, now time.Time) error
}

// newView draws in place on a terminal, and prints lines elsewhere.
func newView(out *os.File, title string) view {
	if !term.IsTerminal(int(out.Fd())) || os.Getenv("TERM") == "dumb" {
		return &log{out: out}
	}
	_, colorless := os.LookupEnv("NO_COLOR")
	return &screen{out: out, title: title, colorless: colorless, size: func() (int, int) {
		columns, rows, err := term.GetSize(int(out.Fd()))
		if err != nil || columns == 0 || rows == 0 { // some terminals, as those of expect, do not say
			return 80, 24
		}
		return columns, rows
	}}
}

// watch shows the cluster until the context ends.
func watch(ctx context.Context, b *bench.Bench, v view) error {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	answered := time.Now()
	for {
		switch err := look(ctx, b, v); {
		case err == nil:
			answered = time.Now()
		case time.Since(answered) > patience:
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

func look(ctx context.Context, b *bench.Bench, v view) error {
	now := time.Now()
	states, err := states(ctx, b)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	happened, err := events(ctx, b, now.Add(-eventsShown))
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	return v.show(states, happened, now)
}
