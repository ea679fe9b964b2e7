// Gates reviews a synthesized assembly before anything is deployed, and says
// what is wrong, where, and what to do. Run it with make gates.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"gitops-eks/test/gates/all"
	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/gate"
	"gitops-eks/test/gates/suppress"
)

// suppressions is the file of what is accepted, from the project's root.
const suppressions = "test/gates/suppressions.yaml"

// options are the command line's.
type options struct {
	// root is the folder of cdk.json, assembly the one that cdk synth wrote.
	root, assembly string
	// json writes the results for a program, verbose lists what is suppressed.
	json, verbose bool
}

func main() {
	var o options
	flag.StringVar(&o.assembly, "assembly", "cdk.out", "folder that cdk synth wrote")
	flag.StringVar(&o.root, "root", ".", "folder of cdk.json")
	flag.BoolVar(&o.json, "json", false, "write the results as JSON")
	flag.BoolVar(&o.verbose, "v", false, "list the suppressed findings with their reasons, too")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	failed, err := run(ctx, os.Stdout, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil || failed {
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, o options) (failed bool, err error) {
	start := time.Now()
	root, err := filepath.Abs(o.root)
	if err != nil {
		return true, err
	}
	gates := all.Gates()
	accepted, err := suppress.Read(filepath.Join(root, suppressions), suppressions, names(gates))
	if err != nil {
		return true, err
	}
	read, err := assembly.Read(o.assembly)
	if err != nil {
		return true, err
	}
	results := gate.Run(ctx, gate.Input{Assembly: read, Root: root}, gates)
	results, _ = accepted.Apply(read, results)
	if o.json {
		return gate.Failed(results), gate.WriteJSON(w, results)
	}
	gate.Report(w, results, o.verbose)
	_, err = fmt.Fprintln(w, gate.Summary(results, time.Since(start)))
	return gate.Failed(results), err
}

func names(gates []gate.Gate) []string {
	var names []string
	for _, g := range gates {
		names = append(names, g.Name)
	}
	return names
}
