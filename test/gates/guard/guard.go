// Package guard runs cfn-guard with AWS Control Tower's proactive controls.
package guard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gate"
	"gitops-eks/test/gates/neutral"
)

// notCompliant is cfn-guard's exit code when a rule failed; its others above 0
// mean that it could not look.
const notCompliant = 19

// New is the gate. A rule's name is that of the control with the property that
// fails it in brackets, so that a suppression covers nothing else.
func New() gate.Gate {
	return gate.Gate{Name: "guard", Run: run}
}

func run(ctx context.Context, in gate.Input) ([]finding.Finding, error) {
	folder := filepath.Join(in.Root, "test", "gates", "node_modules", "@cdklabs", "cdk-validator-cfnguard")
	tool, err := here(folder)
	if err != nil {
		return nil, err
	}
	types := map[string]bool{}
	for _, r := range in.Assembly.All() {
		types[r.Type] = true
	}
	rules, err := controls(folder, types)
	if err != nil || len(rules) == 0 {
		return nil, err
	}
	temporary, err := os.MkdirTemp("", "gates-guard-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temporary)
	files, err := neutral.Write(temporary, in.Assembly.Stacks, "Fn::ImportValue")
	if err != nil {
		return nil, err
	}
	answers, err := ask(ctx, tool, rules, files)
	if err != nil {
		return nil, err
	}
	var found []finding.Finding
	for i, stack := range in.Assembly.Stacks {
		j := slices.IndexFunc(answers, func(a answer) bool { return filepath.Base(a.Name) == filepath.Base(files[i]) })
		if j < 0 {
			return found, fmt.Errorf("cfn-guard said nothing of stack %s", stack.ID)
		}
		of, err := findings(stack, rules, answers[j])
		if err != nil {
			return found, err
		}
		found = append(found, of...)
	}
	return found, nil
}

// answer is what cfn-guard says of one template.
type answer struct {
	Name          string   `json:"name"`
	NotApplicable []string `json:"not_applicable"`
	Compliant     []string `json:"compliant"`
	NotCompliant  []struct {
		Rule struct {
			Name   string `json:"name"`
			Checks []any  `json:"checks"`
		}
	} `json:"not_compliant"`
}

func ask(ctx context.Context, tool string, rules []control, files []string) ([]answer, error) {
	arguments := []string{"validate", "--structured", "--output-format", "json", "--show-summary", "none"}
	for _, rule := range rules {
		arguments = append(arguments, "--rules", rule.File)
	}
	for _, file := range files {
		arguments = append(arguments, "--data", file)
	}
	command := exec.CommandContext(ctx, tool, arguments...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	var exit *exec.ExitError
	answered := err == nil || errors.As(err, &exit) && exit.ExitCode() == notCompliant
	if !answered {
		return nil, fmt.Errorf("run cfn-guard: %w\n%s", err, stderr.Bytes())
	}
	// A rule that cfn-guard cannot read or evaluate is left out of the answer,
	// and standard error is the only one to tell.
	if stderr.Len() > 0 {
		return nil, fmt.Errorf("cfn-guard could not evaluate everything: %s", stderr.Bytes())
	}
	var answers []answer
	if err := json.Unmarshal(output, &answers); err != nil {
		return nil, fmt.Errorf("read cfn-guard's answer: %w", err)
	}
	return answers, nil
}

// findings makes the failed rules findings. A rule that cfn-guard calls not
// applicable has excluded the resources by its own words, such as those for
// S3 logs of builds that write none; one that it does not mention is an error.
func findings(stack *assembly.Stack, rules []control, a answer) ([]finding.Finding, error) {
	var found []finding.Finding
	failed := map[string][]any{}
	for _, one := range a.NotCompliant {
		failed[one.Rule.Name] = append(failed[one.Rule.Name], one.Rule.Checks...)
	}
	for _, c := range rules {
		checks, bad := failed[c.Rule]
		switch {
		case bad:
			found = append(found, broken(stack, c, checks)...)
		case slices.Contains(a.Compliant, c.Rule):
		case !slices.Contains(a.NotApplicable, c.Rule):
			return nil, fmt.Errorf("cfn-guard said nothing of %s in stack %s", c.ID, stack.ID)
		}
	}
	return found, nil
}
