package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const runMain = "HELLO_TEST_RUN_MAIN"

// TestMain lets the test binary stand in for the program, for signals and exit codes.
func TestMain(m *testing.M) {
	if os.Getenv(runMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// running is a server on a free port.
type running struct {
	server *Server
	url    string
	logs   *syncBuffer
	stop   context.CancelFunc
	done   chan error
}

func start(t *testing.T, options Options, routes map[string]http.HandlerFunc) *running {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	logs := &syncBuffer{}
	server := NewServer(slog.New(slog.NewJSONHandler(logs, nil)), options)
	for pattern, handler := range routes {
		server.mux.HandleFunc(pattern, handler)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{server: server, url: "http://" + listener.Addr().String(), logs: logs, stop: stop, done: make(chan error, 1)}
	go func() { r.done <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		_ = server.http.Close()
	})
	r.eventually(t, "/readyz", http.StatusOK)
	return r
}

func (r *running) get(t *testing.T, path string) (int, string) {
	t.Helper()
	// A connection of its own: keep-alive would hide a closed listener.
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(r.url + path)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(body)
}

func (r *running) eventually(t *testing.T, path string, want int) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		code, body := r.get(t, path)
		if code == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("GET %s: %d %s, want %d", path, code, body, want)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (r *running) wait(t *testing.T, limit time.Duration) error {
	t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(limit):
		t.Fatalf("the server did not stop within %s", limit)
		return nil
	}
}

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func TestIndexSaysWhatRunsAndWhere(t *testing.T) {
	r := start(t, Options{Message: "hi"}, nil)
	code, body := r.get(t, "/")
	var got map[string]string
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	hostname, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if code != 200 || got["message"] != "hi" || got["version"] != version || got["revision"] != revision || got["hostname"] != hostname {
		t.Errorf("GET /: %d %v", code, got)
	}
}

func TestRoutes(t *testing.T) {
	r := start(t, Options{}, nil)
	for path, want := range map[string]struct {
		code int
		body string
	}{
		"/version":  {200, `{"revision":"unknown","version":"dev"}`},
		"/healthz":  {200, `{"status":"ok"}`},
		"/readyz":   {200, `{"status":"ok"}`},
		"/metrics":  {200, `hello_build_info{revision="unknown",version="dev"} 1`},
		"/nowhere":  {404, "404 page not found"},
		"/version/": {404, "404 page not found"},
	} {
		code, body := r.get(t, path)
		if code != want.code || !strings.Contains(body, want.body) {
			t.Errorf("GET %s: %d %q, want %d %q", path, code, body, want.code, want.body)
		}
	}
	response, err := http.Post(r.url+"/version", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST /version: %d", response.StatusCode)
	}
}

func TestEveryTimeoutIsSet(t *testing.T) {
	h := NewServer(slog.New(slog.DiscardHandler), Options{}).http
	for name, value := range map[string]time.Duration{
		"ReadHeaderTimeout": h.ReadHeaderTimeout, "ReadTimeout": h.ReadTimeout,
		"WriteTimeout": h.WriteTimeout, "IdleTimeout": h.IdleTimeout,
	} {
		if value <= 0 {
			t.Errorf("%s is not set", name)
		}
	}
}

func TestMetricsCountRequestsByRouteAndCode(t *testing.T) {
	r := start(t, Options{}, nil)
	for range 3 {
		r.get(t, "/")
	}
	// Unknown paths share one series, whatever clients send.
	r.get(t, "/a")
	r.get(t, "/b")
	_, text := r.get(t, "/metrics")
	for series, want := range map[string]string{
		`http_request_duration_seconds_count{code="200",route="GET /{$}"}`: "3",
		`http_request_duration_seconds_count{code="404",route="none"}`:     "2",
		`http_requests_in_flight`: "1",
	} {
		match := regexp.MustCompile("(?m)^" + regexp.QuoteMeta(series) + " (.+)$").FindStringSubmatch(text)
		if match == nil || match[1] != want {
			t.Errorf("%s = %v, want %s", series, match, want)
		}
	}
}

func TestAPanicIsCountedAndTheServerLives(t *testing.T) {
	r := start(t, Options{}, map[string]http.HandlerFunc{
		"GET /panic": func(http.ResponseWriter, *http.Request) { panic("on purpose") },
	})
	if code, _ := r.get(t, "/panic"); code != 0 {
		t.Errorf("GET /panic answered %d", code)
	}
	_, text := r.get(t, "/metrics")
	if !strings.Contains(text, `http_request_duration_seconds_count{code="500",route="GET /panic"} 1`) {
		t.Error("the panic was not counted")
	}
	if !strings.Contains(r.logs.String(), "on purpose") {
		t.Error("the panic was not logged")
	}
}

func TestLogsAreJSONAndLeaveOutProbes(t *testing.T) {
	r := start(t, Options{}, nil)
	r.get(t, "/healthz")
	r.get(t, "/version")
	r.get(t, "/metrics") // After it, the line of /version has been written.
	var paths []string
	lines := bufio.NewScanner(strings.NewReader(r.logs.String()))
	for lines.Scan() {
		var line map[string]any
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("not JSON: %s", lines.Text())
		}
		if line["msg"] == "request" {
			paths = append(paths, fmt.Sprint(line["method"], " ", line["path"], " ", line["status"]))
		}
	}
	if got := strings.Join(paths, ", "); got != "GET /version 200" {
		t.Errorf("logged requests: %s", got)
	}
}

func TestReadinessFailsBeforeConnectionsAreRefused(t *testing.T) {
	r := start(t, Options{LameDuck: 500 * time.Millisecond, Drain: time.Second}, nil)
	r.stop()
	r.eventually(t, "/readyz", http.StatusServiceUnavailable)
	if code, body := r.get(t, "/healthz"); code != 200 {
		t.Errorf("live while stopping: %d %s", code, body)
	}
	if code, body := r.get(t, "/"); code != 200 {
		t.Errorf("a late request: %d %s", code, body)
	}
	if err := r.wait(t, 5*time.Second); err != nil {
		t.Errorf("stop: %v", err)
	}
	if code, _ := r.get(t, "/healthz"); code != 0 {
		t.Errorf("answered %d after the stop", code)
	}
}

func TestRequestInFlightIsAnsweredDuringTheStop(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	r := start(t, Options{LameDuck: time.Millisecond, Drain: 10 * time.Second}, map[string]http.HandlerFunc{
		"GET /slow": func(w http.ResponseWriter, _ *http.Request) {
			close(entered)
			<-release
			_, _ = io.WriteString(w, "done")
		},
	})
	answer := make(chan string, 1)
	go func() {
		code, body := r.get(t, "/slow")
		answer <- fmt.Sprint(code, " ", body)
	}()
	<-entered
	r.stop()
	// The listener is closed while the request is still open.
	r.eventually(t, "/healthz", 0)
	select {
	case err := <-r.done:
		t.Fatalf("stopped with a request in flight: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	if got := <-answer; got != "200 done" {
		t.Errorf("the request in flight got %q", got)
	}
	if err := r.wait(t, 5*time.Second); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestDrainIsBounded(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	r := start(t, Options{LameDuck: time.Millisecond, Drain: 100 * time.Millisecond}, map[string]http.HandlerFunc{
		"GET /stuck": func(http.ResponseWriter, *http.Request) {
			close(entered)
			<-release
		},
	})
	go r.get(t, "/stuck")
	<-entered
	r.stop()
	err := r.wait(t, 5*time.Second)
	if err == nil || !strings.Contains(err.Error(), "requests in flight after 100ms") {
		t.Errorf("stop: %v", err)
	}
}

func TestSIGTERMEndsTheProgramWithZero(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, os.Args[0], "-addr=127.0.0.1:0")
	command.Env = append(os.Environ(), runMain+"=1")
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var messages []string
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		var line struct{ Msg string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("not JSON: %s", lines.Text())
		}
		messages = append(messages, line.Msg)
		if line.Msg == "listening" {
			if err := command.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := command.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
	if got := strings.Join(messages, ", "); got != "listening, stopping, stopped" {
		t.Errorf("messages: %s", got)
	}
}

func TestAPortInUseIsAnError(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	err = run(t.Context(), slog.New(slog.DiscardHandler), taken.Addr().String())
	if err == nil || !strings.Contains(err.Error(), "listen failed") {
		t.Errorf("run: %v", err)
	}
}
