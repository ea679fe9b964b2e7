// Package finding holds what the gates say of an assembly.
package finding

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says what a finding does to the exit code.
type Severity string

const (
	// Error fails the run.
	Error Severity = "error"
	// Note is shown and fails nothing.
	Note Severity = "note"
)

// Finding is one thing that is wrong, in words for a reviewer.
type Finding struct {
	// Gate that found it.
	Gate string `json:"gate"`
	// Rule of the gate, as its tool names it; suppressions name it.
	Rule string `json:"rule"`
	// Severity, [Error] or [Note].
	Severity Severity `json:"severity"`
	// Stack is the stack's id; empty for what is in no stack.
	Stack string `json:"stack,omitempty"`
	// LogicalID of the resource; empty for what is in no resource.
	LogicalID string `json:"logicalId,omitempty"`
	// Path is the construct's path, or the file and line of what is in no stack.
	Path string `json:"path,omitempty"`
	// Problem is what is wrong: what was found, what is allowed.
	Problem string `json:"problem"`
	// Fix is what to do.
	Fix string `json:"fix"`
}

// Where names the resource or the file.
func (f Finding) Where() string {
	parts := slices.DeleteFunc([]string{f.Stack, f.LogicalID}, func(s string) bool { return s == "" })
	where := strings.Join(parts, "/")
	switch {
	case f.Path == "":
		return where
	case where == "":
		return f.Path
	}
	return fmt.Sprintf("%s (%s)", where, f.Path)
}

// Sort puts findings in the order of a report: by severity, then by place.
func Sort(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Severity, b.Severity), // "error" is before "note"
			cmp.Compare(a.Stack, b.Stack),
			cmp.Compare(a.LogicalID, b.LogicalID),
			cmp.Compare(a.Gate, b.Gate),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Problem, b.Problem),
		)
	})
}
