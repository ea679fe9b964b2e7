// Cmd reviews a clone of the config repository as the gate seed reviews what it
// begins with. Run it with make check CONFIG=folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
	"gitops-eks/test/gates/seed"
)

// options are the command line's. Paths are relative to root.
type options struct{ root, config, assembly string }

func main() {
	var o options
	flag.StringVar(&o.root, "root", ".", "folder of the cdk.json whose settings say what the clusters are; without one, stand-ins do")
	flag.StringVar(&o.config, "config", "", "folder to review: a clone of the config repository")
	flag.StringVar(&o.assembly, "assembly", "", "folder that cdk synth wrote, instead of the settings")
	flag.Parse()
	if err := offline(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	failed, err := run(os.Stdout, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil || failed {
		os.Exit(1)
	}
}

// offline keeps the review away from what a pull request names: kustomize
// fetches remote files by HTTP, and clones remote folders with git.
func offline() error {
	http.DefaultTransport = refuse{}
	return os.Setenv("PATH", "")
}

type refuse struct{}

// RoundTrip implements http.RoundTripper.
func (refuse) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("the check fetches nothing, and what is elsewhere may change: put a copy into the repository")
}

func run(w io.Writer, o options) (failed bool, err error) {
	if o.config == "" {
		return true, errors.New("say which folder: make check CONFIG=folder, a clone of the config repository")
	}
	clone := seed.Clone{Folder: from(o.root, o.config), Settings: filepath.Join(o.root, "cdk.json")}
	if _, err := os.Stat(clone.Settings); os.IsNotExist(err) {
		clone.Settings = ""
	}
	if o.assembly != "" {
		if clone.Assembly, err = assembly.Read(from(o.root, o.assembly)); err != nil {
			return true, err
		}
	}
	start := time.Now()
	results := gate.Run(context.Background(), gate.Input{}, []gate.Gate{{
		Name: "seed", Run: func(context.Context, gate.Input) ([]finding.Finding, error) { return clone.Check() },
	}})
	if results[0].Err != nil {
		return true, results[0].Err
	}
	gate.Report(w, results, false)
	_, err = fmt.Fprintln(w, gate.Summary(results, time.Since(start)))
	return gate.Failed(results), err
}

// from is a path as seen from a folder.
func from(folder, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}
