// Package shell reviews the builds: their buildspecs and the scripts in them.
package shell

import (
	"context"
	"fmt"
	"os/exec"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
	"gitops-eks/test/gates/incluster"
)

// New is the gate.
func New() gate.Gate {
	return gate.Gate{Name: "shell", Run: func(ctx context.Context, in gate.Input) ([]finding.Finding, error) {
		r := &review{assembly: in.Assembly}
		projects := r.projects()
		for _, p := range projects {
			r.check(p)
		}
		r.checkPipelines(projects)
		if _, err := exec.LookPath("shellcheck"); err != nil {
			return r.found, gate.Absent{Tool: "shellcheck", Unseen: "the scripts are parsed, and not looked at for common mistakes"}
		}
		return r.found, r.shellcheck(ctx, projects)
	}}
}

// project is a CodeBuild project with its buildspec.
type project struct {
	*assembly.Resource
	spec *buildspec
}

// all are the commands of every phase, in the order in which they run.
func (p *project) all() []string {
	var commands []string
	for _, name := range phases {
		if phase, ok := p.spec.Phases[name]; ok {
			commands = append(commands, phase.Commands...)
			commands = append(commands, phase.Finally...)
		}
	}
	return commands
}

// text is all of them in one text.
func (p *project) text() string { return strings.Join(p.all(), "\n") }

type review struct {
	assembly *assembly.Assembly
	found    []finding.Finding
}

func (r *review) add(rule string, at *assembly.Resource, fix, format string, args ...any) {
	r.found = append(r.found, finding.Finding{
		Rule: rule, Stack: at.Stack.ID, LogicalID: at.LogicalID, Path: at.Path, Problem: fmt.Sprintf(format, args...), Fix: fix,
	})
}

// projects are those whose buildspec is in the template. A project of a
// pipeline without one would run whatever the source brings along.
func (r *review) projects() []*project {
	var found []*project
	for _, resource := range r.assembly.All("AWS::CodeBuild::Project") {
		value := resource.Get("Source", "BuildSpec")
		if value == nil {
			r.add("buildspec", resource, "set Source.BuildSpec", "has no buildspec: the build would be whatever the source's own says")
			continue
		}
		text, err := incluster.Text(r.assembly, resource.Stack, value)
		if err != nil {
			r.add("buildspec", resource, "mend the expression", "the buildspec %v", err)
			continue
		}
		spec, err := parse(text)
		if err != nil {
			r.add("buildspec", resource, "follow https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html", "the buildspec is not valid: %v", err)
			continue
		}
		found = append(found, &project{resource, spec})
	}
	return found
}
