package workflows

import (
	"regexp"
	"strings"

	"github.com/rhysd/actionlint"
)

var (
	// pinned is an action at a commit, or in this repository.
	pinned = regexp.MustCompile(`^\./|@[0-9a-f]{40}$`)
	// pinnedImage is a container at a digest.
	pinnedImage = regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)
	// foreign is an expression for a commit of somebody else's pull request.
	foreign = regexp.MustCompile(`github\.event\.pull_request\.head|github\.head_ref`)
)

// check holds a workflow to what actionlint leaves to taste.
func (r *review) check(w *actionlint.Workflow) {
	if w.Permissions == nil {
		for _, job := range w.Jobs {
			if job.Permissions == nil {
				r.add("permissions", line(job.Pos), "add permissions: {contents: read} to the workflow", "the job %s has every right of the token, because nothing limits it", job.ID.Value)
			}
		}
	}
	r.checkPermissions(w.Permissions)
	risky := false
	for _, event := range w.On {
		if name := event.EventName(); name == "pull_request_target" || name == "workflow_run" {
			risky = true
		}
	}
	for _, job := range w.Jobs {
		r.checkPermissions(job.Permissions)
		r.checkJob(job, risky)
	}
}

func (r *review) checkPermissions(p *actionlint.Permissions) {
	if p != nil && p.All != nil && p.All.Value == "write-all" {
		r.add("permissions", line(p.All.Pos), "name the scopes that are needed", "permissions: write-all gives every right of the token")
	}
}

func (r *review) checkJob(job *actionlint.Job, risky bool) {
	if job.WorkflowCall != nil && job.WorkflowCall.Uses != nil && !pinned.MatchString(job.WorkflowCall.Uses.Value) {
		r.add("pin", line(job.Pos), "pin it by the 40 digits of a commit", "the workflow %s is not pinned by a commit", job.WorkflowCall.Uses.Value)
	}
	if job.TimeoutMinutes == nil && job.WorkflowCall == nil {
		r.add("timeout", line(job.Pos), "set timeout-minutes", "the job %s has no timeout, and may run for 6 hours", job.ID.Value)
	}
	if job.Container != nil && job.Container.Image != nil && !pinnedImage.MatchString(job.Container.Image.Value) {
		r.add("pin", line(job.Pos), "pin it by digest", "the container %s is not pinned by a digest", job.Container.Image.Value)
	}
	for _, step := range job.Steps {
		action, ok := step.Exec.(*actionlint.ExecAction)
		if !ok || action.Uses == nil {
			continue
		}
		uses := action.Uses.Value
		if image, docker := strings.CutPrefix(uses, "docker://"); docker && !pinnedImage.MatchString(image) || !docker && !pinned.MatchString(uses) {
			r.add("pin", line(step.Pos), "pin it by the 40 digits of a commit, with the version as a comment", "the action %s is not pinned by a commit", uses)
		}
		if ref := action.Inputs["ref"]; risky && strings.HasPrefix(uses, "actions/checkout@") && ref != nil && foreign.MatchString(ref.Value.Value) {
			r.add("foreign-code", line(step.Pos), "use the event pull_request, or do not check it out", "runs with this repository's rights and checks out %s, which anybody may have written", ref.Value.Value)
		}
	}
}

func line(p *actionlint.Pos) int {
	if p == nil {
		return 0
	}
	return p.Line
}
