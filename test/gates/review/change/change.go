// Package change holds what a review says of a change: what is different, and
// what of it is a risk.
package change

import (
	"cmp"
	"slices"
	"strings"
)

// Class of a risk, in the order of a report.
type Class int

const (
	// Access is wider IAM or network access.
	Access Class = iota
	// Loss is the replacement or deletion of what holds state, or of its protection.
	Loss
	// Prune is what Flux deletes because it is no longer rendered.
	Prune
)

// Keyword is what a line that accepts a risk starts with.
type Keyword string

const (
	// AllowAccess accepts wider access.
	AllowAccess Keyword = "Allow-Access"
	// AllowReplacement accepts that a resource is replaced.
	AllowReplacement Keyword = "Allow-Replacement"
	// AllowDeletion accepts that a resource, its data or its protection goes.
	AllowDeletion Keyword = "Allow-Deletion"
)

// Keywords are all of them.
var Keywords = []Keyword{AllowAccess, AllowReplacement, AllowDeletion}

// Risk is a part of a change that somebody may regret.
type Risk struct {
	// Environment it is in; or the stack, such as "delivery" and "app-hello".
	Environment string
	Class       Class
	// Name of what is at risk: a construct path, or environment and object.
	Name string
	// What happens, in one sentence for a reviewer.
	What string
	// More are further lines, such as what goes with it.
	More []string
	// Accept is the keyword that accepts it; empty when it fails nothing.
	Accept Keyword
	// Accepted says that an override names it.
	Accepted bool
}

// Fails says whether the risk fails the review.
func (r Risk) Fails() bool { return r.Accept != "" && !r.Accepted }

// Line is the line that accepts the risk.
func (r Risk) Line() string { return string(r.Accept) + ": " + r.Name }

// Action says what happens to a thing.
type Action string

// The actions, as a report words them.
const (
	Added    Action = "added"
	Removed  Action = "removed"
	Replaced Action = "replaced"
	Changed  Action = "changed"
	Code     Action = "code changed"
)

// Change is one thing that is different.
type Change struct {
	// Environment it is in; or the stack, such as "delivery" and "app-hello".
	Environment string
	// Part of the environment: a stack's id, or "Flux".
	Part   string
	Action Action
	// Name of the construct or the object.
	Name string
	// Short is the whole difference in a few words; empty when Lines are needed.
	Short string
	// Lines are the difference, each with '+', '-' or a space in front.
	Lines []string
}

// Result is all that a review found.
type Result struct {
	Risks   []Risk
	Changes []Change
	// Notes are what a reader has to know about the review itself.
	Notes []string
}

// Add appends what another review found.
func (r *Result) Add(other Result) {
	r.Risks = append(r.Risks, other.Risks...)
	r.Changes = append(r.Changes, other.Changes...)
	r.Notes = append(r.Notes, other.Notes...)
}

// Failed says whether a risk is left that nobody accepted.
func (r *Result) Failed() bool { return slices.ContainsFunc(r.Risks, Risk.Fails) }

// Sort brings risks and changes into the order of a report, so that the same
// change gives the same text.
func (r *Result) Sort() {
	slices.SortStableFunc(r.Risks, func(a, b Risk) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)),
			cmp.Compare(a.Class, b.Class),
			strings.Compare(a.Environment, b.Environment),
			strings.Compare(a.Name, b.Name),
			strings.Compare(a.What, b.What),
		)
	})
	slices.SortStableFunc(r.Changes, func(a, b Change) int {
		return cmp.Or(
			strings.Compare(a.Environment, b.Environment),
			strings.Compare(a.Part, b.Part),
			cmp.Compare(slices.Index(order, a.Action), slices.Index(order, b.Action)),
			strings.Compare(a.Name, b.Name),
		)
	})
}

var order = []Action{Replaced, Removed, Changed, Added, Code}

// rank puts what somebody accepted after the rest.
func rank(r Risk) int {
	if r.Accepted {
		return 1
	}
	return 0
}
