package gate

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"gitops-eks/test/gates/finding"
)

// Run runs the gates side by side, at most one a processor. Results are in the
// order of the gates. A gate that panics has failed, and the others go on.
func Run(ctx context.Context, in Input, gates []Gate) []Result {
	results := make([]Result, len(gates))
	places := make(chan struct{}, runtime.NumCPU())
	var all sync.WaitGroup
	for i, g := range gates {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			results[i] = run(ctx, in, g)
		})
	}
	all.Wait()
	return results
}

func run(ctx context.Context, in Input, g Gate) (result Result) {
	start := time.Now()
	defer func() {
		if reason := recover(); reason != nil {
			result.Err = fmt.Errorf("the gate panicked: %v", reason)
		}
		result.Gate, result.Took = g.Name, time.Since(start)
	}()
	result.Findings, result.Err = g.Run(ctx, in)
	for i := range result.Findings {
		f := &result.Findings[i]
		f.Gate = g.Name
		if f.Severity == "" {
			f.Severity = finding.Error
		}
	}
	return result
}

// Failed says whether the results fail the run: an error finding, or a gate
// that could not look for another reason than an absent tool.
func Failed(results []Result) bool {
	for _, r := range results {
		if r.Err != nil && !errors.As(r.Err, new(Absent)) {
			return true
		}
		for _, f := range r.Findings {
			if f.Severity == finding.Error {
				return true
			}
		}
	}
	return false
}
