package nag

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/nag/report"
	"gitops-eks/test/gates/neutral"
	"gitops-eks/test/synthesis"
)

// client runs the program that has cdk-nag.
type client struct {
	// module is the folder that go run works in.
	module string
}

// look has the stacks looked at, and returns a result for each.
func (c client) look(ctx context.Context, stacks []*assembly.Stack) ([]report.Result, error) {
	temporary, err := os.MkdirTemp("", "gates-nag-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temporary)
	files, err := neutral.Write(temporary, stacks)
	if err != nil {
		return nil, err
	}
	request := report.Request{Folder: temporary}
	for i, stack := range stacks {
		request.Stacks = append(request.Stacks, report.Stack{ID: stack.ID, File: files[i]})
	}
	reply, err := c.ask(ctx, request)
	if err != nil {
		return nil, err
	}
	if len(reply.Stacks) != len(stacks) {
		return nil, fmt.Errorf("cdk-nag looked at %d of %d stacks", len(reply.Stacks), len(stacks))
	}
	return reply.Stacks, nil
}

// ask runs the program in the module's folder; go run keeps it built.
func (c client) ask(ctx context.Context, request report.Request) (reply report.Reply, err error) {
	question, err := json.Marshal(request)
	if err != nil {
		return reply, err
	}
	command := exec.CommandContext(ctx, "go", "run", "./nag/awssolutions")
	command.Dir = c.module
	command.Stdin = bytes.NewReader(question)
	command.WaitDelay = time.Second // go run's child holds the pipes after it
	// The jsii runtime warns of its Node.js on standard error, and the CDK's own
	// validator is another gate.
	command.Env = append(os.Environ(), synthesis.Quick...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return reply, fmt.Errorf("run cdk-nag: %w\n%s", err, stderr.Bytes())
	}
	if err := json.Unmarshal(output, &reply); err != nil {
		return reply, fmt.Errorf("read cdk-nag's answer: %w\n%s", err, stderr.Bytes())
	}
	return reply, nil
}
