// Package gate runs gates over an assembly and puts their findings into one report.
package gate

import (
	"context"
	"fmt"
	"time"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// Input is what a gate looks at.
type Input struct {
	// Assembly to review.
	Assembly *assembly.Assembly
	// Root of the project: its own files, such as workflows.
	Root string
}

// Gate reviews one side of an assembly.
type Gate struct {
	// Name in reports and suppressions, lower case.
	Name string
	// Run looks and says what it found. An error means that the gate could not
	// look: that fails the run, too. [Absent] means that an optional tool is not
	// installed: that is said aloud and counts as not looked at.
	Run func(context.Context, Input) ([]finding.Finding, error)
}

// Absent is the error of a gate whose optional tool is not installed.
type Absent struct {
	// Tool that is not there, and what is therefore not looked at.
	Tool, Unseen string
}

// Error implements error.
func (a Absent) Error() string {
	return fmt.Sprintf("%s is not installed: %s", a.Tool, a.Unseen)
}

// Result is what became of one gate.
type Result struct {
	// Gate is its name.
	Gate string
	// Findings that stand.
	Findings []finding.Finding
	// Suppressed are those that are accepted.
	Suppressed []Suppressed
	// Err is set when the gate could not look, or could not look at everything.
	Err error
	// Took is the wall time.
	Took time.Duration
}

// Suppressed is a finding that is accepted.
type Suppressed struct {
	finding.Finding
	// Reason is why, in a sentence.
	Reason string `json:"reason"`
}
