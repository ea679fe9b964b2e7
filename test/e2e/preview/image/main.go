// Image pushes a small image to the preview's registry under a tag as the
// pipeline makes them: make preview-image REGISTRY=127.0.0.1:port
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"gitops-eks/test/e2e/bench"
	"gitops-eks/test/e2e/registry"
)

func main() {
	address := flag.String("registry", "", "address of the preview's registry, which it prints")
	flag.Parse()
	tag := time.Now().UTC().Format("20060102T150405Z") + "-0a1b2c3"
	if _, err := registry.PushRandom(*address, bench.ImageRepository, tag); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("pushed %s/%s:%s\n", *address, bench.ImageRepository, tag)
}
