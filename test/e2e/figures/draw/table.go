package main

import (
	"fmt"
	"os"
	"strings"

	"gitops-eks/test/e2e/figures"
)

// begin and end enclose the tables in the README.
const begin, end = "<!-- figures -->\n", "<!-- /figures -->"

// targets in seconds, for the median and the 95th percentile; 0 is none.
var targets = map[string][2]float64{
	figures.PushByEvent: {0.5, 1},
	figures.Image:       {5, 0},
}

func table(r *figures.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| on %d cores, seconds | samples | p50 | p95 | target |\n|---|---|---|---|---|\n", r.Processors)
	for _, s := range series {
		times := r.Times[s.name]
		fmt.Fprintf(&b, "| %s | %d | %.2f | %.2f | %s |\n", s.title, len(times.Seconds), times.Percentile(50), times.Percentile(95), target(s.name))
	}
	b.WriteString("\n| objects | Kustomizations | all applied, s | one changed, s | CPU of the controllers, s | kustomize-controller, MiB |\n|---|---|---|---|---|---|\n")
	for _, s := range r.Scale {
		fmt.Fprintf(&b, "| %d | %d | %.1f | %.2f | %.1f | %.0f |\n", s.Objects, s.Kustomizations, s.Seconds, s.AgainSeconds, s.CPUSeconds, s.Mebibytes)
	}
	return b.String()
}

func target(name string) string {
	var words []string
	for i, percentile := range []string{"p50", "p95"} {
		if t := targets[name][i]; t > 0 {
			words = append(words, fmt.Sprintf("%s ≤ %g", percentile, t))
		}
	}
	return strings.Join(words, ", ")
}

// embed puts text between the marks of a file. A file without them is an error.
func embed(file, text string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(content), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return fmt.Errorf("%s has no place for the figures: want the lines %s and %s", file, strings.TrimSpace(begin), end)
	}
	return os.WriteFile(file, []byte(before+begin+text+end+after), 0o644)
}
