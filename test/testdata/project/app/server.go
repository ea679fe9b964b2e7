package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// How a stop is spent. The pod has 20 s for it: its grace period of 45 s, less the
// preStop sleep of 15 s, less a margin.
const (
	// defaultLameDuck is how long the server still answers after /readyz began to
	// fail, so that whoever polls it can see that before a connection is refused.
	defaultLameDuck = 3 * time.Second
	// defaultDrain bounds the wait for requests in flight.
	defaultDrain = 15 * time.Second
)

// Options configures [NewServer].
type Options struct {
	// LameDuck is the time between "not ready" and the end of accepting connections. Default 3 s.
	LameDuck time.Duration
	// Drain is the longest wait for requests in flight. Default 15 s.
	Drain time.Duration
	// Message is what / says. Default "hello".
	Message string
}

// Server answers HTTP requests and stops gracefully.
type Server struct {
	log     *slog.Logger
	options Options
	mux     *http.ServeMux
	metrics *metrics
	http    *http.Server
	ready   atomic.Bool
}

// NewServer returns a server that is not listening yet.
func NewServer(log *slog.Logger, options Options) *Server {
	if options.LameDuck == 0 {
		options.LameDuck = defaultLameDuck
	}
	if options.Drain == 0 {
		options.Drain = defaultDrain
	}
	if options.Message == "" {
		options.Message = "hello"
	}
	s := &Server{log: log, options: options, mux: http.NewServeMux(), metrics: newMetrics()}

	s.mux.HandleFunc("GET /{$}", s.index)
	s.mux.HandleFunc("GET /version", s.version)
	s.mux.HandleFunc("GET /healthz", s.healthz)
	s.mux.HandleFunc("GET /readyz", s.readyz)
	s.mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))

	s.http = &http.Server{
		Handler:           s.observe(s.mux),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		// Longer than a load balancer's 60 s, or it reuses a connection just closed here.
		IdleTimeout:    75 * time.Second,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	return s
}

// Serve answers on listener until ctx is done, then stops: first not ready, then no
// new connections, then out when the requests in flight are answered or the drain
// time is over, which is an error.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(listener) }()
	s.ready.Store(true)
	s.log.Info("listening", "address", listener.Addr().String(), "version", version, "revision", revision)

	select {
	case err := <-failed:
		return fmt.Errorf("serve failed: %w", err)
	case <-ctx.Done():
	}

	s.ready.Store(false)
	s.log.Info("stopping", "lame_duck", s.options.LameDuck.String(), "drain", s.options.Drain.String())
	// Clients that keep a connection are told to leave it.
	s.http.SetKeepAlivesEnabled(false)
	select {
	case err := <-failed:
		return fmt.Errorf("serve failed: %w", err)
	case <-time.After(s.options.LameDuck):
	}

	// ctx is done already; the drain has a clock of its own.
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.options.Drain)
	defer cancel()
	if err := s.http.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("requests in flight after %s: %w", s.options.Drain, err), s.http.Close())
	}
	s.log.Info("stopped")
	return nil
}

func (s *Server) index(w http.ResponseWriter, _ *http.Request) {
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "unknown"
	}
	s.writeJSON(w, http.StatusOK, map[string]string{
		"message":  s.options.Message,
		"version":  version,
		"revision": revision,
		"hostname": hostname,
	})
}

func (s *Server) version(w http.ResponseWriter, _ *http.Request) {
	s.writeJSON(w, http.StatusOK, map[string]string{"version": version, "revision": revision})
}

// healthz says that the process can answer, also while it stops: a liveness probe
// must not kill a server that is draining.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	s.writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	if !s.ready.Load() {
		s.writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "stopping"})
		return
	}
	s.writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (s *Server) writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.log.Warn("write failed", "error", err)
	}
}
