// Hello is the sample application: a small HTTP server that is built by the
// platform's pipeline and deployed by Flux.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
)

// Set by the build with -ldflags -X.
var (
	version  = "dev"
	revision = "unknown"
)

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()

	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, log, *addr); err != nil {
		log.Error("stopped", "error", err)
		os.Exit(1)
	}
}

// run serves on addr until ctx is done and the requests in flight are answered.
func run(ctx context.Context, log *slog.Logger, addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen failed: %w", err)
	}
	return NewServer(log, Options{Message: os.Getenv("MESSAGE")}).Serve(ctx, listener)
}
