package main

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics has a registry of its own, so that two servers in one test do not collide.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		// Labelled with the route's pattern, not the path: a client cannot add series.
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_request_duration_seconds",
			Help:    "Time to answer a request, by route and status code.",
			Buckets: prometheus.DefBuckets,
		}, []string{"route", "code"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight",
			Help: "Requests being answered.",
		}),
	}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "hello_build_info",
		Help:        "Always 1; the labels say what is running.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision},
	}, func() float64 { return 1 })
	m.registry.MustRegister(m.requests, m.inFlight, build,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// probes are logged at debug level only: kubelets and load balancers ask all day.
var probes = map[string]bool{"GET /healthz": true, "GET /readyz": true, "GET /metrics": true}

// observe counts, times and logs every request.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		s.metrics.inFlight.Inc()
		defer s.metrics.inFlight.Dec()
		recorder := &statusRecorder{ResponseWriter: w, code: http.StatusOK}

		// Deferred, so that a handler that panics is counted as well.
		defer func() {
			panicked := recover()
			if panicked != nil {
				recorder.code = http.StatusInternalServerError
			}
			route := r.Pattern // Set by the mux.
			if route == "" {
				route = "none"
			}
			took := time.Since(start)
			s.metrics.requests.WithLabelValues(route, strconv.Itoa(recorder.code)).Observe(took.Seconds())
			level := slog.LevelInfo
			if probes[route] {
				level = slog.LevelDebug
			}
			s.log.Log(r.Context(), level, "request",
				"method", r.Method, "path", r.URL.Path, "status", recorder.code, "seconds", took.Seconds())
			if panicked != nil {
				panic(panicked) // net/http logs it and closes the connection.
			}
		}()
		next.ServeHTTP(recorder, r)
	})
}

// statusRecorder remembers the status code that a handler wrote.
type statusRecorder struct {
	http.ResponseWriter
	code int
}

func (r *statusRecorder) WriteHeader(code int) {
	r.code = code
	r.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach the writer's other methods.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
