// Benchsynth times the synthesis of the platform against an empty CDK program.
// All cases run in turn, several times, so that a busy machine slows all of
// them alike and the ratios hold. Run it from the project's root: make bench-synth.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"gitops-eks/test/synthesis"
)

// rounds of all cases; the first warms caches and is not counted.
const rounds = 6

// benchmark is one program with one context.
type benchmark struct {
	name         string
	program      string
	environments int
	context      []byte
	seconds      []float64
	mebibytes    float64
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "benchsynth")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cases, err := prepare(dir)
	if err != nil {
		return err
	}
	for round := range rounds {
		for _, c := range cases {
			if err := c.synth(filepath.Join(dir, "out"), round > 0); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	report(cases)
	return nil
}

// prepare builds both programs and the contexts that the CDK CLI would give them.
func prepare(dir string) ([]*benchmark, error) {
	for program, source := range map[string]string{"platform": ".", "empty": "./test/benchsynth/empty"} {
		build := exec.Command("go", "build", "-o", filepath.Join(dir, program), source)
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return nil, fmt.Errorf("build %s: %w", program, err)
		}
	}
	cases := []*benchmark{
		{name: "an empty CDK program", program: "empty"},
		{name: "the default platform", program: "platform", environments: 1},
		{name: "10 environments", program: "platform", environments: 10},
		{name: "50 environments", program: "platform", environments: 50},
	}
	for _, c := range cases {
		var err error
		if c.context, err = synthesis.Context(".", settings(c.environments)); err != nil {
			return nil, err
		}
		c.program = filepath.Join(dir, c.program)
	}
	return cases, nil
}

// settings are those of n environments; one is the default.
func settings(n int) map[string]any {
	if n <= 1 {
		return map[string]any{}
	}
	environments := make([]map[string]any, n)
	for i := range environments {
		environments[i] = map[string]any{
			"name": fmt.Sprintf("env%d", i),
			"flux": map[string]any{"path": "clusters/dev"}, // the seed has no folder for each
		}
	}
	return map[string]any{"environments": environments}
}

// synth runs the program once, as `cdk synth` does after its own start.
func (c *benchmark) synth(out string, counted bool) error {
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	var stderr bytes.Buffer
	command := exec.Command(c.program)
	command.Stderr = &stderr
	command.Env = append(os.Environ(), synthesis.Environment(c.context, out)...)
	start := time.Now()
	if err := command.Run(); err != nil {
		return fmt.Errorf("%w\n%s", err, stderr.String())
	}
	if !counted {
		return nil
	}
	c.seconds = append(c.seconds, time.Since(start).Seconds())
	// The larger of the program and the Node process it waited for: the jsii
	// kernel, which holds the construct tree.
	if usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.mebibytes = max(c.mebibytes, float64(usage.Maxrss)/1024)
	}
	return nil
}

func (c *benchmark) median() float64 {
	sorted := slices.Sorted(slices.Values(c.seconds))
	return sorted[len(sorted)/2]
}

func report(cases []*benchmark) {
	empty, one := cases[0], cases[1]
	fmt.Printf("Warm synthesis, validator off, median of %d runs in turn.\n\n", rounds-1)
	fmt.Println("| case | seconds | × empty | s per further environment | MiB |")
	fmt.Println("|---|---|---|---|---|")
	for _, c := range cases {
		further := ""
		if c.environments > 1 {
			further = fmt.Sprintf("%.2f", (c.median()-one.median())/float64(c.environments-1))
		}
		fmt.Printf("| %s | %.2f | %.2f | %s | %.0f |\n", c.name, c.median(), c.median()/empty.median(), further, c.mebibytes)
	}
}
