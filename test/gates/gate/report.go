package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"gitops-eks/test/gates/finding"
)

// Report writes the results for a reviewer: the findings, then a line for each
// gate. Verbose adds the suppressed findings with their reasons.
func Report(w io.Writer, results []Result, verbose bool) {
	var all []finding.Finding
	for _, r := range results {
		all = append(all, r.Findings...)
		if !verbose {
			continue
		}
		for _, s := range r.Suppressed {
			fmt.Fprintf(w, "suppressed: %s\n    %s\n    because: %s\n    [%s %s]\n\n", s.Where(), s.Problem, s.Reason, s.Gate, s.Rule)
		}
	}
	finding.Sort(all)
	for _, f := range all {
		fmt.Fprintf(w, "%s: %s\n    %s\n    fix: %s\n    [%s %s]\n\n", f.Severity, f.Where(), f.Problem, f.Fix, f.Gate, f.Rule)
	}
	for _, r := range results {
		said := fmt.Sprintf("%d findings", len(r.Findings))
		if len(r.Suppressed) > 0 {
			said += fmt.Sprintf(", %d suppressed", len(r.Suppressed))
		}
		switch {
		case errors.As(r.Err, new(Absent)):
			said = fmt.Sprintf("NOT COMPLETE, %v", r.Err)
		case r.Err != nil:
			said += fmt.Sprintf("; COULD NOT LOOK: %v", r.Err)
		}
		fmt.Fprintf(w, "%-10s %6.1f s  %s\n", r.Gate, r.Took.Seconds(), said)
	}
}

// Summary is one line: how many findings, in how long.
func Summary(results []Result, took time.Duration) string {
	count, suppressed, failed := 0, 0, 0
	for _, r := range results {
		count += len(r.Findings)
		suppressed += len(r.Suppressed)
		if r.Err != nil {
			failed++
		}
	}
	return fmt.Sprintf("%d findings of %d gates in %.1f s, %d suppressed, %d gates not complete",
		count, len(results), took.Seconds(), suppressed, failed)
}

// WriteJSON writes the results for a program.
func WriteJSON(w io.Writer, results []Result) error {
	type object struct {
		Gate       string            `json:"gate"`
		Seconds    float64           `json:"seconds"`
		Error      string            `json:"error,omitempty"`
		Absent     bool              `json:"absent,omitempty"`
		Findings   []finding.Finding `json:"findings"`
		Suppressed []Suppressed      `json:"suppressed"`
	}
	objects := []object{}
	for _, r := range results {
		o := object{Gate: r.Gate, Seconds: r.Took.Seconds(), Findings: r.Findings, Suppressed: r.Suppressed}
		if r.Err != nil {
			o.Error, o.Absent = r.Err.Error(), errors.As(r.Err, new(Absent))
		}
		objects = append(objects, o)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(objects)
}
