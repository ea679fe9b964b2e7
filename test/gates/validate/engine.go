package validate

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/node"
)

// tolerated are the engine's warnings that are right here. Every other warning
// fails the run: among them a value that no enum has, which AWS refuses.
var tolerated = map[string]string{
	"W3005": "the CDK's grants name a dependency that a reference implies, too",
	"W3010": "zones are settings: an existing VPC has the zones it has",
	"W9002": "ARNs of other accounts are settings",
	"W9013": "ARNs of other accounts are settings",
	// The gate rules compares the zones of subnets.
	"pf-ec2-vpce-subnet-az-unique": "it takes all attributes of the resource that chooses the zones for the same",
}

type question struct {
	File    string `json:"file"`
	Account string `json:"account"`
	Region  string `json:"region"`
}

type answer struct {
	Status      string       `json:"status"`
	Crash       string       `json:"crash"`
	Diagnostics []diagnostic `json:"diagnostics"`
}

type diagnostic struct {
	RuleID          string `json:"ruleId"`
	Severity        string `json:"severity"`
	Message         string `json:"message"`
	PropertyPath    string `json:"propertyPath"`
	SuggestedFix    string `json:"suggestedFix"`
	RuleDescription string `json:"ruleDescription"`
	Entity          struct {
		LogicalID string `json:"logicalId"`
	} `json:"entity"`
}

// engine is AWS's, in a process of its own. It is asked once about a template,
// however often that stands in an assembly that is reviewed.
type engine struct {
	mutex  sync.Mutex
	worker *node.Worker
	known  map[string]answer
}

// in is the engine with the packages of the project in root.
func (e *engine) in(root string) *engine {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.worker == nil {
		e.worker = &node.Worker{Script: filepath.Join(root, "test", "gates", "node", "validate.mjs")}
		e.known = map[string]answer{}
	}
	return e
}

func (e *engine) answer(ctx context.Context, stack *assembly.Stack) (answer, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	text, err := os.ReadFile(stack.File)
	if err != nil {
		return answer{}, err
	}
	key := strings.Join([]string{stack.Account, stack.Region, string(text)}, "\n")
	if got, known := e.known[key]; known {
		return got, nil
	}
	var got answer
	if err := e.worker.Ask(ctx, question{File: stack.File, Account: stack.Account, Region: stack.Region}, &got); err != nil {
		return got, err
	}
	e.known[key] = got
	return got, nil
}

func (e *engine) ask(ctx context.Context, stack *assembly.Stack) ([]finding.Finding, error) {
	got, err := e.answer(ctx, stack)
	if err != nil {
		return nil, err
	}
	var found []finding.Finding
	switch {
	case got.Crash != "":
		found = append(found, in(stack, "", "validator-crash",
			"the validator crashed at this template, so most of its rules did not look: "+got.Crash,
			"correct the value that the message or another finding names; without one, report the crash to aws-cloudformation/cloudformation-validate"))
	case got.Status != "OK":
		found = append(found, in(stack, "", "validator-incomplete",
			fmt.Sprintf("the validator answered %s, want OK: it did not look at everything", got.Status),
			"make the template simpler until the validator looks at all of it"))
	}
	for _, d := range got.Diagnostics {
		if d.Severity == "INFO" || d.Severity == "DEBUG" || tolerated[d.RuleID] != "" {
			continue
		}
		found = append(found, d.finding(stack))
	}
	return found, nil
}

func (d diagnostic) finding(stack *assembly.Stack) finding.Finding {
	f := in(stack, d.Entity.LogicalID, d.RuleID, d.Message, d.SuggestedFix)
	if f.LogicalID == "" { // such as Outputs/Name/Value
		if _, rest, cut := strings.Cut(d.PropertyPath, "/"); cut {
			f.LogicalID, _, _ = strings.Cut(rest, "/")
		}
	}
	if r := stack.Resources[f.LogicalID]; r != nil {
		f.Path = r.Path
		f.Problem = r.Type + ": " + f.Problem
	}
	if d.PropertyPath != "" {
		f.Problem = d.PropertyPath + " of " + f.Problem
	}
	if f.Fix == "" {
		f.Fix = "correct it; the rule: " + d.RuleDescription
	}
	return f
}
