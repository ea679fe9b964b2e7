// Package sink receives the alerts that Flux sends, in the place of a chat.
package sink

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"gitops-eks/test/e2e/loopback"
)

// Event is what a Provider of the type generic posts.
// https://fluxcd.io/flux/components/notification/events/
type Event struct {
	InvolvedObject struct{ Kind, Namespace, Name string } `json:"involvedObject"`
	Severity       string                                 `json:"severity"`
	Reason         string                                 `json:"reason"`
	Message        string                                 `json:"message"`
	Metadata       map[string]string                      `json:"metadata"`
}

// Server records events.
type Server struct {
	*loopback.Server
	mu      sync.Mutex
	events  []Event
	arrived chan struct{} // closed and replaced at each arrival
}

// Start starts a sink.
func Start() (*Server, error) {
	s := &Server{arrived: make(chan struct{})}
	server, err := loopback.Serve(http.HandlerFunc(s.receive), nil)
	s.Server = server
	return s, err
}

func (s *Server) receive(w http.ResponseWriter, r *http.Request) {
	var event Event
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, event)
	close(s.arrived)
	s.arrived = make(chan struct{})
}

// Events are all that have arrived.
func (s *Server) Events() []Event {
	events, _ := s.snapshot()
	return events
}

func (s *Server) snapshot() ([]Event, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events), s.arrived
}

// Reset forgets what has arrived.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = nil
}

// Wait waits for an event that matches, and counts those that are there already.
func (s *Server) Wait(ctx context.Context, match func(Event) bool) (Event, error) {
	for {
		events, arrived := s.snapshot()
		if i := slices.IndexFunc(events, match); i >= 0 {
			return events[i], nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return Event{}, fmt.Errorf("no such alert among %d: %w", len(events), ctx.Err())
		}
	}
}
