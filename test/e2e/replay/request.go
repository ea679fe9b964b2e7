package replay

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// request sends an event and, when it is disturbed, sends it again.
func (r *Replay) request(ctx context.Context, made *deployed, e *event) error {
	made.last = e
	var disturbance *Disturbance
	if r.Disturb != nil {
		disturbance = r.Disturb(r.step(made, e.RequestType, 0))
	}
	err := r.try(ctx, made, e, 0, disturbance)
	if errors.Is(err, errAgain) {
		return r.try(ctx, made, e, 1, nil)
	}
	return err
}

// errAgain: the same event has to come again.
var errAgain = errors.New("again")

// try sends an event once and takes the answer in.
func (r *Replay) try(ctx context.Context, made *deployed, e *event, again int, disturbance *Disturbance) error {
	step := r.step(made, e.RequestType, again)
	var kill func(context.Context)
	if disturbance != nil {
		kill = disturbance.Kill
	}
	reply, err := r.do(ctx, made, e, &step, kill)
	switch {
	case errors.Is(err, errKilled):
		r.record(step, Killed, nil)
		return errAgain
	case disturbance != nil && disturbance.LoseAnswer:
		r.record(step, Lost, err)
		return errAgain
	case err != nil:
		err = errors.Join(err, overwriting(e, err))
		if made.creating {
			made.physicalID = unknownID(made.resource, reply)
		}
		r.record(step, Failed, err)
		return err
	}
	if e.RequestType != Delete {
		made.properties, made.physicalID, made.data, made.creating = e.ResourceProperties, reply.PhysicalResourceID, reply.Data, false
	}
	r.record(step, Succeeded, nil)
	if r.After != nil {
		return r.After(ctx, r.last())
	}
	return nil
}

// overwriting explains why an object is there already: it is whenever a
// request comes again after its answer was lost.
func overwriting(e *event, err error) error {
	overwrite := e.ResourceProperties["Overwrite"]
	if e.ResourceType != typeManifest || overwrite == "true" || !strings.Contains(err.Error(), "(AlreadyExists)") {
		return nil
	}
	if overwrite == nil {
		overwrite = "not set"
	}
	return fmt.Errorf("the property Overwrite is %v, want true: without it the handler runs kubectl create, which fails when the request comes again after a lost answer", overwrite)
}

// unknownID is what CloudFormation calls a resource whose creation failed: as
// the framework answered, or else by a name that it makes up.
func unknownID(resource *Resource, reply *answer) string {
	if reply != nil && reply.PhysicalResourceID != "" {
		return reply.PhysicalResourceID
	}
	return resource.Stack.Name + "-" + resource.LogicalID
}

// do has the handler, or the stand-in for a chart, do what an event asks for.
func (r *Replay) do(ctx context.Context, made *deployed, e *event, step *Step, kill func(context.Context)) (*answer, error) {
	if e.ResourceType == typeChart {
		chart, err := newChart(e.RequestType, e.ResourceProperties)
		if err != nil {
			return nil, err
		}
		if made.creating && e.RequestType == Create {
			if made.standIn, err = r.byStandIn(ctx, chart); err != nil {
				return nil, err
			}
		}
		if made.standIn != "" {
			step.By = "stand-in, since " + made.standIn
			return r.standIn(ctx, e, chart)
		}
	}
	r.sequence++
	dir := filepath.Join(r.Dir, fmt.Sprintf("%03d-%s-%s", r.sequence, strings.ToLower(e.RequestType), strings.ReplaceAll(made.resource.Path(), "/", "-")))
	step.By, step.Log = "handler", filepath.Join(dir, logName)
	return r.framework.send(ctx, dir, e, kill)
}

func (r *Replay) step(made *deployed, request string, again int) Step {
	return Step{
		Stack: made.resource.Stack.ID, LogicalID: made.resource.LogicalID, Path: made.resource.Path(), Type: made.resource.Type,
		Request: request, Again: again, Started: time.Now(),
	}
}

// record keeps a step and prints it.
func (r *Replay) record(step Step, outcome string, err error) {
	step.Duration, step.Outcome = time.Since(step.Started), outcome
	if err != nil {
		step.Reason = err.Error()
	}
	r.mu.Lock()
	r.steps = append(r.steps, step)
	r.mu.Unlock()
	_, _ = fmt.Fprintln(r.Progress, step)
}

func (r *Replay) last() Step {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.steps[len(r.steps)-1]
}

// String is a line of progress, and more lines for a failure.
func (s Step) String() string {
	text := fmt.Sprintf("%6.2fs  %-6s  %s", s.Duration.Seconds(), s.Request, s.Path)
	if s.Again > 0 {
		text += ", again"
	}
	if s.Outcome != Succeeded {
		text += ": " + s.Outcome
	}
	if s.By != "" && s.By != "handler" {
		text += " (" + s.By + ")"
	}
	if s.Reason != "" {
		text += "\n" + s.Reason
	}
	return text
}
