package guard

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// control is one of AWS Control Tower's proactive controls.
type control struct {
	// ID is its name, such as CT.LAMBDA.PR.3.
	ID string `json:"Id"`
	// Title says what it requires.
	Title string `json:"DisplayName"`
	// Remedy is what to do.
	Remedy string `json:"RemediationMessage"`
	// Types of resources that it looks at.
	Types []string `json:"EvaluatedResourceTypes"`
	// File is the path of its rule, Rule the name that cfn-guard's answer has.
	File, Rule string `json:"-"`
}

// topRule finds the name of a file's rule; the others have parameters.
var topRule = regexp.MustCompile(`(?m)^rule (\w+) when `)

// controls reads those that look at one of the types: the others have nothing
// to say, and reading them takes longer than all else.
func controls(folder string, types map[string]bool) ([]control, error) {
	files, err := filepath.Glob(filepath.Join(folder, "rules", "control-tower", "metadata", "*", "*.metadata.json"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s has no controls in rules/control-tower/metadata; run npm ci in test/gates", folder)
	}
	var found []control
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var c control
		if err := json.Unmarshal(text, &c); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		if !slices.ContainsFunc(c.Types, func(kind string) bool { return types[kind] }) {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(file), ".metadata.json") + ".guard"
		c.File = filepath.Join(folder, "rules", "control-tower", "cfn-guard", filepath.Base(filepath.Dir(file)), name)
		if c.Rule, err = ruleName(c.File); err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	return found, nil
}

func ruleName(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	name := topRule.FindSubmatch(text)
	if name == nil {
		return "", fmt.Errorf("%s has no rule for templates", file)
	}
	return string(name[1]), nil
}
