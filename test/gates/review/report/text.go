// Package report writes what a review found, for a terminal and as the one
// comment of a pull request.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"gitops-eks/test/gates/review/change"
)

// classes are the headings of the risks.
var classes = map[change.Class]string{
	change.Access: "Wider access",
	change.Loss:   "Replaced or deleted",
	change.Prune:  "Deleted by Flux, or left behind",
}

// headline is the review in one line.
func headline(r change.Result) string {
	open, accepted, seen := 0, 0, 0
	for _, risk := range r.Risks {
		switch {
		case risk.Fails():
			open++
		case risk.Accepted:
			accepted++
		default:
			seen++
		}
	}
	if len(r.Risks)+len(r.Changes) == 0 {
		return "No change: what is deployed and what Flux applies stay the same."
	}
	var parts []string
	for _, part := range []struct {
		count int
		text  string
	}{{open, "to accept or to mend"}, {accepted, "accepted"}, {seen, "to know of"}} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.count, part.text))
		}
	}
	if len(parts) == 0 {
		return "No risk found in " + count(len(r.Changes), "change") + "."
	}
	return "Risks: " + strings.Join(parts, ", ") + "."
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// environments are those with a risk or a change.
func environments(r change.Result) []string {
	var names []string
	for _, c := range r.Changes {
		names = append(names, c.Environment)
	}
	for _, risk := range r.Risks {
		names = append(names, risk.Environment)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// summary is an environment in one line: what happens, part by part.
func summary(r change.Result, environment string) string {
	var parts []string
	for _, part := range partsOf(r, environment) {
		parts = append(parts, part+" "+counts(of(r, environment, part)))
	}
	if len(parts) == 0 {
		parts = []string{"no other change"}
	}
	open := 0
	for _, risk := range r.Risks {
		if risk.Environment == environment && risk.Fails() {
			open++
		}
	}
	if open > 0 {
		return count(open, "risk") + "; " + strings.Join(parts, "; ")
	}
	return strings.Join(parts, "; ")
}

func partsOf(r change.Result, environment string) []string {
	var parts []string
	for _, c := range r.Changes {
		if c.Environment == environment && !slices.Contains(parts, c.Part) {
			parts = append(parts, c.Part)
		}
	}
	return parts
}

func of(r change.Result, environment, part string) []change.Change {
	return slices.DeleteFunc(slices.Clone(r.Changes), func(c change.Change) bool {
		return c.Environment != environment || c.Part != part
	})
}

func counts(changes []change.Change) string {
	var order []change.Action
	found := map[change.Action]int{}
	for _, c := range changes {
		if found[c.Action] == 0 {
			order = append(order, c.Action)
		}
		found[c.Action]++
	}
	var parts []string
	for _, action := range order {
		parts = append(parts, fmt.Sprintf("%d %s", found[action], action))
	}
	return strings.Join(parts, ", ")
}

// line is a change in one line.
func line(c change.Change) string {
	said := fmt.Sprintf("%s: %s", c.Name, c.Short)
	switch {
	case c.Action == change.Code:
		return "code changed: " + c.Name
	case c.Short == "":
		return fmt.Sprintf("%s %s", c.Action, c.Name)
	case c.Action != change.Changed:
		return fmt.Sprintf("%s %s", c.Action, said)
	}
	return said
}

// brief says whether a line each tells all that has changed.
func brief(r change.Result) bool {
	return len(r.Changes) <= 10 && !slices.ContainsFunc(r.Changes, func(c change.Change) bool {
		return c.Short == "" && len(c.Lines) > 0 || c.Action == change.Added
	})
}

// Text writes the result for a terminal: risks first, then a line each.
func Text(w io.Writer, r change.Result) {
	fmt.Fprintln(w, headline(r))
	for _, risk := range r.Risks {
		fmt.Fprintf(w, "\n%s: %s\n    %s\n", classes[risk.Class], risk.Name, risk.What)
		for _, more := range risk.More {
			fmt.Fprintf(w, "    %s\n", more)
		}
		switch {
		case risk.Accepted:
			fmt.Fprintf(w, "    accepted by %s\n", risk.Line())
		case risk.Accept != "":
			fmt.Fprintf(w, "    to accept it: %s\n", risk.Line())
		}
	}
	if len(r.Risks) > 0 {
		fmt.Fprintln(w)
	}
	for _, environment := range environments(r) {
		for _, part := range partsOf(r, environment) {
			const most = 8
			changes := of(r, environment, part)
			for i, c := range changes {
				if i == most {
					fmt.Fprintf(w, "%s: and %d more\n", place(c), len(changes)-most)
					break
				}
				fmt.Fprintf(w, "%s: %s\n", place(c), line(c))
			}
		}
	}
	for _, note := range r.Notes {
		fmt.Fprintln(w, "note: "+note)
	}
}

// place is where a change happens: a stack, or Flux in an environment.
func place(c change.Change) string {
	if strings.HasPrefix(c.Part, c.Environment) {
		return c.Part
	}
	return c.Environment + " " + c.Part
}
