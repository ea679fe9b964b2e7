// Standin is `docker` and `aws` for a build on this machine, by the name that
// it is called. Its settings lie beside it, so that the environment of the
// build is CodeBuild's alone.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"gitops-eks/test/e2e/codebuild/docker"
)

// failed is how the AWS CLI ends after an error of a service.
const failed = 254

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(failed)
	}
}

func run(ctx context.Context) error {
	settings, err := read()
	if err != nil {
		return err
	}
	switch name := filepath.Base(os.Args[0]); name {
	case "aws":
		return settings.Registry.CLI(ctx, os.Args[1:], os.Stdout)
	case "docker":
		call := &docker.Call{Settings: settings, Home: os.Getenv("HOME"), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
		return call.Run(ctx, os.Args[1:])
	default:
		return fmt.Errorf("called as %s, want aws or docker", name)
	}
}

// read reads the settings of this program.
func read() (*docker.Settings, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(self), "settings.json"))
	if err != nil {
		return nil, err
	}
	settings := &docker.Settings{}
	return settings, json.Unmarshal(text, settings)
}
