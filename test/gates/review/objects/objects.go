// Package objects compares structured values, such as Kubernetes objects and
// the bodies of resources, and words the difference for a reviewer.
package objects

import (
	"fmt"
	"strings"

	"github.com/gonvenience/ytbx"
	"github.com/homeport/dyff/pkg/dyff"
	"gopkg.in/yaml.v3"
)

// shortest is how long the whole difference may be to be said in a line.
const shortest = 120

// Diff compares two values that JSON can hold. Short is the difference in a
// few words when it is one small value; lines are the whole of it, each with
// '+', '-' or a space in front. No lines mean that the values are the same.
func Diff(from, to any) (short string, lines []string, err error) {
	old, err := input("base", from)
	if err != nil {
		return "", nil, err
	}
	head, err := input("head", to)
	if err != nil {
		return "", nil, err
	}
	// The order of a list is kept: it matters in some, such as a policy's rules.
	report, err := dyff.CompareInputFiles(old, head, dyff.DetectRenames(false), dyff.KubernetesEntityDetection(false))
	if err != nil {
		return "", nil, fmt.Errorf("compare: %w", err)
	}
	var details int
	for _, diff := range report.Diffs {
		for _, detail := range diff.Details {
			details++
			var said []string
			if short, said, err = word(name(diff.Path), detail); err != nil {
				return "", nil, err
			}
			lines = append(lines, said...)
		}
	}
	if details != 1 || len(short) > shortest {
		short = ""
	}
	return short, lines, nil
}

func input(location string, value any) (ytbx.InputFile, error) {
	node := &yaml.Node{}
	text, err := yaml.Marshal(value)
	if err != nil {
		return ytbx.InputFile{}, fmt.Errorf("write as YAML: %w", err)
	}
	if err := yaml.Unmarshal(text, node); err != nil {
		return ytbx.InputFile{}, fmt.Errorf("read as YAML: %w", err)
	}
	return ytbx.InputFile{Location: location, Documents: []*yaml.Node{node}}, nil
}

// name is a path as people write it, such as spec.containers.hello.image.
func name(path *ytbx.Path) string {
	if path == nil || len(path.PathElements) == 0 {
		return ""
	}
	return path.ToDotStyle()
}

func word(path string, detail dyff.Detail) (short string, lines []string, err error) {
	from, err := text(detail.From)
	if err != nil {
		return "", nil, err
	}
	to, err := text(detail.To)
	if err != nil {
		return "", nil, err
	}
	switch {
	case detail.Kind == dyff.ORDERCHANGE:
		return path + ": another order", []string{"  " + path + ": another order"}, nil
	case detail.Kind == dyff.MODIFICATION && !strings.Contains(from+to, "\n"):
		short = fmt.Sprintf("%s: %s → %s", path, from, to)
		return short, []string{"- " + path + ": " + from, "+ " + path + ": " + to}, nil
	}
	if path != "" {
		lines = append(lines, "  "+path+":")
	}
	lines = append(lines, prefixed("- ", from)...)
	lines = append(lines, prefixed("+ ", to)...)
	short = fmt.Sprintf("%s: %d lines differ", path, len(lines))
	if detail.Kind == dyff.ADDITION && !strings.Contains(to, "\n") {
		short = strings.TrimPrefix(path+" + "+to, " ")
	}
	if detail.Kind == dyff.REMOVAL && !strings.Contains(from, "\n") {
		short = strings.TrimPrefix(path+" - "+from, " ")
	}
	return short, lines, nil
}

// text is a node as YAML; empty for none.
func text(node *yaml.Node) (string, error) {
	if node == nil {
		return "", nil
	}
	if node.Kind == yaml.ScalarNode && !strings.Contains(node.Value, "\n") {
		return node.Value, nil
	}
	if node.Kind == yaml.ScalarNode { // a text of several lines reads best as itself
		return strings.TrimRight(node.Value, "\n"), nil
	}
	out, err := yaml.Marshal(node)
	if err != nil {
		return "", fmt.Errorf("write as YAML: %w", err)
	}
	return strings.TrimRight(string(out), "\n"), nil
}

func prefixed(prefix, text string) []string {
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = prefix + lines[i]
	}
	return lines
}

// Whole is a value as lines with the prefix in front, for what is added or removed.
func Whole(prefix string, value any) ([]string, error) {
	out, err := yaml.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("write as YAML: %w", err)
	}
	return prefixed(prefix, strings.TrimRight(string(out), "\n")), nil
}
