package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gitops-eks/test/cloudassembly"
	"gitops-eks/test/gates/nag/report"
)

// validationFailure is the rule of annotations that say that another rule, in
// brackets, threw.
const validationFailure = "CdkNagValidationFailure"

// entry is one annotation of a construct.
type entry struct {
	Type string `json:"type"`
	Data any    `json:"data"`
}

// complete says which resources are in one of the templates only: the one that
// was given, and the one that was made of it.
func complete(out string, stack report.Stack) error {
	given, err := resources(stack.File)
	if err != nil {
		return err
	}
	made, err := resources(filepath.Join(out, stack.ID+".template.json"))
	if err != nil {
		return err
	}
	for id := range given {
		if _, ok := made[id]; !ok {
			return fmt.Errorf("the resource %s of %s was lost on the way to cdk-nag", id, stack.ID)
		}
	}
	return nil
}

func resources(file string) (map[string]json.RawMessage, error) {
	var template struct {
		Resources map[string]json.RawMessage
	}
	return template.Resources, cloudassembly.ReadJSON(file, &template)
}

// readReport returns the rules' texts, and counts what was looked at.
func readReport(out string, result *report.Result) (info map[string]string, err error) {
	files, err := filepath.Glob(filepath.Join(out, "AwsSolutions-*-NagReport.csv"))
	if err != nil {
		return nil, err
	}
	if len(files) != 1 {
		return nil, fmt.Errorf("cdk-nag wrote %d reports of a stack, want 1", len(files))
	}
	file := files[0]
	content, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	lines := csv.NewReader(content)
	info = map[string]string{}
	for {
		// Rule ID, Resource ID, Compliance, Exception Reason, Rule Level, Rule Info
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return info, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		info[line[0]] = line[5]
		result.Looked++
	}
}

// readAnnotations returns what is said of each construct, by its path. The
// assembly's manifest has it, or a file that it names.
func readAnnotations(out, stack string) (map[string][]entry, error) {
	var manifest struct {
		Artifacts map[string]struct {
			Metadata map[string][]entry
			File     string `json:"additionalMetadataFile"`
		}
	}
	if err := cloudassembly.ReadJSON(filepath.Join(out, "manifest.json"), &manifest); err != nil {
		return nil, err
	}
	artifact := manifest.Artifacts[stack]
	found := artifact.Metadata
	if artifact.File != "" {
		if err := cloudassembly.ReadJSON(filepath.Join(out, artifact.File), &found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// parse takes an annotation apart: "rule[detail]: info explanation".
func parse(text string, info map[string]string) (report.Finding, bool) {
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, validationFailure+"["); ok {
		rule, reason, ok := strings.Cut(rest, "]: ")
		return report.Finding{Rule: rule, Info: info[rule], Explanation: reason, Unknown: true}, ok
	}
	rule := text[:max(0, strings.IndexAny(text, "[:"))]
	if info[rule] == "" {
		return report.Finding{}, false
	}
	id, explanation, ok := strings.Cut(text, ": "+info[rule])
	return report.Finding{Rule: id, Info: info[rule], Explanation: strings.TrimSpace(explanation)}, ok
}
