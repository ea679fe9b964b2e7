// Package suppress takes findings that are accepted, each for a reason, out of
// the results, and says which of the entries are not needed any more.
package suppress

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Texts is one text, or a list of them.
type Texts []string

// UnmarshalYAML implements yaml.Unmarshaler.
func (t *Texts) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*t = Texts{node.Value}
		return nil
	}
	return node.Decode((*[]string)(t))
}

// Entry accepts findings of one gate.
type Entry struct {
	// Gate that finds it. Required.
	Gate string `yaml:"gate"`
	// Rule is the finding's, in full: * is no wildcard here, because policies
	// have it. <*> stands for one reference, such as <Build.Arn>. Required.
	Rule Texts `yaml:"rule"`
	// Resource is a glob for the construct's path, which starts with the stack.
	// A * ends at a slash. Required.
	Resource Texts `yaml:"resource"`
	// With is a property, with dots, that the resource must have: without it,
	// the finding stands. None by default.
	With string `yaml:"with"`
	// When says with which settings the rule fires. Without it, a matching
	// resource on which no rule of the entry fires makes the entry stale.
	When string `yaml:"when"`
	// Reason is a sentence. Required.
	Reason string `yaml:"reason"`
	// Line of the file.
	Line int `yaml:"-"`
}

// List is a file of entries.
type List struct {
	// File is its name in findings.
	File string
	// Entries in the order of the file.
	Entries []Entry
}

// Read reads a file and checks it: all mistakes are reported at once. The
// gates are the names that an entry can have.
func Read(file, name string, gates []string) (List, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return List{}, err
	}
	return Parse(text, name, gates)
}

// Parse is [Read] for a file's text.
func Parse(text []byte, name string, gates []string) (List, error) {
	list := List{File: name}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&list.Entries); err != nil && !errors.Is(err, io.EOF) {
		return List{}, fmt.Errorf("%s: %w", name, err)
	}
	var document yaml.Node // which knows the lines
	if err := yaml.Unmarshal(text, &document); err != nil {
		return List{}, fmt.Errorf("%s: %w", name, err)
	}
	var mistakes []error
	for i := range list.Entries {
		e := &list.Entries[i]
		e.Line = document.Content[0].Content[i].Line
		for _, mistake := range e.mistakes(gates) {
			mistakes = append(mistakes, fmt.Errorf("%s:%d: %s", name, e.Line, mistake))
		}
	}
	return list, errors.Join(mistakes...)
}

func (e Entry) mistakes(gates []string) (found []string) {
	if !slices.Contains(gates, e.Gate) {
		found = append(found, fmt.Sprintf("gate: got %q, want one of %s", e.Gate, strings.Join(gates, ", ")))
	}
	if len(e.Rule) == 0 || slices.Contains(e.Rule, "") {
		found = append(found, "rule: is missing, want the rule of a finding in full")
	}
	if len(e.Resource) == 0 {
		found = append(found, "resource: is missing, want a glob for stack/construct path")
	}
	for _, glob := range e.Resource {
		if _, err := path.Match(glob, ""); err != nil || !strings.Contains(glob, "/") {
			found = append(found, fmt.Sprintf("resource: got %q, want a glob for stack/construct path", glob))
		}
	}
	if !sentence(e.Reason) {
		found = append(found, fmt.Sprintf("reason: got %q, want a sentence that says why this is right", e.Reason))
	}
	if e.When != "" && !sentence(e.When) {
		found = append(found, fmt.Sprintf("when: got %q, want a sentence that says with which settings the rule fires", e.When))
	}
	return found
}

// sentence says whether the text has a few words and an end.
func sentence(text string) bool {
	text = strings.TrimSpace(text)
	return len(strings.Fields(text)) >= 4 && strings.HasSuffix(text, ".")
}
