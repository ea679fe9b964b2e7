package manifests

import (
	"fmt"
	"slices"
)

// Problem is one thing that is wrong with the config repo.
type Problem struct {
	// Rule that it breaks, such as "prune".
	Rule string
	// Object that it is about, such as "Kustomization hello"; empty for a file.
	Object string
	// Files to look into, the likeliest first; empty when no file is to blame.
	Files []string
	// What is wrong: what was found, what is allowed.
	What string
	// Fix is what to do.
	Fix string
}

// String is the object, or else the file, and what is wrong with it.
func (p Problem) String() string {
	switch {
	case p.Object != "":
		return p.Object + ": " + p.What
	case len(p.Files) > 0:
		return p.Files[0] + ": " + p.What
	}
	return p.What
}

// subject is what a problem is about, and where it is written.
type subject struct {
	name  string
	files []string
}

// file is a subject that is a file and no object.
func file(path string) subject { return subject{files: []string{path}} }

// report collects problems, each once.
type report struct{ problems []Problem }

func (r *report) add(rule string, about subject, fix, format string, args ...any) {
	p := Problem{Rule: rule, Object: about.name, Files: about.files, What: fmt.Sprintf(format, args...), Fix: fix}
	if !slices.ContainsFunc(r.problems, func(q Problem) bool { return q.Rule == p.Rule && q.String() == p.String() }) {
		r.problems = append(r.problems, p)
	}
}
