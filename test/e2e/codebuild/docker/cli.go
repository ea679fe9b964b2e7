// Package docker stands in for the `docker` of a build: it logs in, builds
// with buildah, or without it where it is not installed, and pushes to the
// registry that stands in for ECR.
package docker

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"gitops-eks/test/e2e/codebuild/ecr"
)

// Builders.
const (
	// Buildah runs the Dockerfile.
	Buildah = "buildah"
	// Go runs the Dockerfile's go build alone, on this machine.
	Go = "go"
)

// Settings are written down for the programs that a build starts, each a
// process of its own.
type Settings struct {
	Registry ecr.Registry
	// Builder is Buildah or Go.
	Builder string
	// Environment is what the machine's own tools need of that of the bench.
	Environment []string
	// Dir gets images and containers, Caches what a later build uses again.
	Dir, Caches string
}

// Call is one call of docker.
type Call struct {
	*Settings
	// Home is where docker keeps log-ins and builders.
	Home           string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// commands by their leading words.
var commands = map[string]func(c *Call, ctx context.Context, args []string) error{
	"login":                    (*Call).login,
	"buildx create":            (*Call).createBuilder,
	"buildx build":             (*Call).build,
	"buildx imagetools create": (*Call).createList,
}

// Run does what `docker` does with these arguments, as far as builds call it.
// Any other call, and any other flag, is an error that names it.
func (c *Call) Run(ctx context.Context, args []string) error {
	for words := min(3, len(args)); words > 0; words-- {
		name := strings.Join(args[:words], " ")
		if run := commands[name]; run != nil {
			if err := run(c, ctx, args[words:]); err != nil {
				return fmt.Errorf("docker %s: %w", name, err)
			}
			return nil
		}
	}
	return fmt.Errorf("the stand-in for docker does not know the call: docker %s", strings.Join(args, " "))
}

// parse parses flags before and behind other arguments, which it answers.
func parse(set *flag.FlagSet, args []string) (others []string, err error) {
	set.SetOutput(io.Discard)
	for {
		if err := set.Parse(args); err != nil {
			return nil, err
		}
		if set.NArg() == 0 {
			return others, nil
		}
		others, args = append(others, set.Arg(0)), set.Args()[1:]
	}
}

// texts is a flag that may be given several times.
type texts []string

func (t *texts) String() string { return strings.Join(*t, " ") }

// Set appends.
func (t *texts) Set(text string) error {
	*t = append(*t, text)
	return nil
}

// want wants exactly these values.
func want(flag, got, wanted string) error {
	if got != wanted {
		return fmt.Errorf("--%s is %q, the stand-in knows %q only", flag, got, wanted)
	}
	return nil
}
