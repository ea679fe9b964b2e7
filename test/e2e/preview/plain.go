package main

import (
	"fmt"
	"io"
	"time"
)

// log shows the status where there is no terminal: a line for each change and
// for each event.
type log struct {
	out  io.Writer
	last map[string]state
	told map[event]bool
}

func (l *log) show(states []state, events []event, now time.Time) error {
	current := map[string]state{}
	for _, s := range states {
		key := s.heading + " " + s.name
		current[key] = s
		if l.last[key] == s {
			continue
		}
		if _, err := fmt.Fprintf(l.out, "%s  %s %-32s %s\n", now.Format(time.TimeOnly), symbols[s.health].text, key, cut(s.says, 160)); err != nil {
			return err
		}
	}
	l.last = current
	told := map[event]bool{}
	for _, e := range events {
		told[e] = true
		if l.told[e] {
			continue
		}
		if _, err := fmt.Fprintf(l.out, "%s    %s %s\n", e.when.Format(time.TimeOnly), e.object, cut(e.says, 160)); err != nil {
			return err
		}
	}
	l.told = told
	return nil
}
