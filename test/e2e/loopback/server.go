package loopback

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// Server is an HTTP server on 127.0.0.1 that keeps its address over an outage.
type Server struct {
	// Address is host:port.
	Address string

	handler http.Handler
	tls     *tls.Config
	mu      sync.Mutex
	running *http.Server
}

// Serve starts a server, with TLS when a certificate is given.
func Serve(handler http.Handler, certificate *tls.Certificate) (*Server, error) {
	address, err := Address()
	if err != nil {
		return nil, err
	}
	s := &Server{Address: address, handler: handler}
	if certificate != nil {
		s.tls = &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12}
	}
	return s, s.Up()
}

// URL of the server.
func (s *Server) URL() string {
	if s.tls != nil {
		return "https://" + s.Address
	}
	return "http://" + s.Address
}

// Up brings the server back after Down.
func (s *Server) Up() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		return nil
	}
	listener, err := listen(s.Address)
	if err != nil {
		return err
	}
	s.running = &http.Server{
		Handler:           s.handler,
		TLSConfig:         s.tls,
		ReadHeaderTimeout: 10 * time.Second,
		// Probes that hang up during a handshake are no news.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	go func(running *http.Server) {
		if s.tls != nil {
			_ = running.ServeTLS(listener, "", "")
		} else {
			_ = running.Serve(listener)
		}
	}(s.running)
	return nil
}

// listen waits for a port that was closed a moment ago: a program that was
// being started then holds a copy of the socket until it runs.
func listen(address string) (net.Listener, error) {
	for limit := time.Now().Add(2 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		listener, err := net.Listen("tcp", address)
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(limit) {
			return listener, err
		}
	}
}

// Down takes the server away: connections are refused until Up.
func (s *Server) Down() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return nil
	}
	err := s.running.Close()
	s.running = nil
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
