// Image builds the app and pushes its image to the preview's registry, under a
// tag as the pipeline makes them: make preview-image REGISTRY=host:port
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"

	"gitops-eks/test/e2e/bench"
)

func main() {
	address := flag.String("registry", "", "address of the preview's registry, which it prints")
	app := flag.String("app", "", "folder of the app")
	architectures := flag.String("arch", runtime.GOARCH, "architectures of the nodes, with commas between them")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	tag := time.Now().UTC().Format("20060102T150405Z") + "-0a1b2c3"
	if err := push(ctx, *address, tag, *app, strings.Split(*architectures, ",")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("pushed %s/%s:%s\n", *address, bench.ImageRepository, tag)
}

func push(ctx context.Context, address, tag, app string, architectures []string) error {
	if address == "" {
		return fmt.Errorf("no registry: say which, REGISTRY=host:port; the preview prints its own")
	}
	return bench.PushApp(ctx, address, tag, app, architectures)
}
