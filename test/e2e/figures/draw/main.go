// Draw makes the plots and the table of the README from report.json. Run it
// with make e2e-report.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"gitops-eks/test/e2e/figures"
)

func main() {
	report := flag.String("report", "report.json", "what the bench measured")
	docs := flag.String("docs", "docs", "folder of the plots")
	readme := flag.String("readme", "README.md", "file with the table")
	flag.Parse()
	if err := run(*report, *docs, *readme); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(report, docs, readme string) error {
	r, err := figures.Read(report)
	if err != nil {
		return err
	}
	if err := complete(r); err != nil {
		return fmt.Errorf("%s: %w; run make e2e-report", report, err)
	}
	if err := os.MkdirAll(docs, 0o755); err != nil {
		return err
	}
	if err := drawTimes(r, filepath.Join(docs, "times.svg")); err != nil {
		return fmt.Errorf("draw times: %w", err)
	}
	if err := drawScale(r, filepath.Join(docs, "scale.svg")); err != nil {
		return fmt.Errorf("draw scale: %w", err)
	}
	return embed(readme, table(r))
}

// complete refuses the report of a run that measured only a part: a plot of it
// would pass for the whole.
func complete(r *figures.Report) error {
	for _, s := range series {
		if r.Times[s.name] == nil || len(r.Times[s.name].Seconds) < figures.Samples {
			return fmt.Errorf("fewer than %d samples of %s", figures.Samples, s.name)
		}
	}
	if len(r.Scale) == 0 {
		return fmt.Errorf("no sizes")
	}
	return nil
}
