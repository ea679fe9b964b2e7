package secrets

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// named are names of settings whose values nobody should read in a template.
var named = regexp.MustCompile(`(?i)(password|passwd|secret|token|api_?key|private_?key|access_?key)$`)

// assetKey is the name of an asset, the hash of its content.
var assetKey = regexp.MustCompile(`^[0-9a-f]{64}(\.[a-z]+)?$`)

// resource looks at the texts of a resource one by one, so that a finding can
// name it, and at names that promise a secret, which no pattern knows.
func (s *search) resource(r *assembly.Resource) {
	at := func(f *finding.Finding, _ int) { f.Stack, f.LogicalID, f.Path = r.Stack.ID, r.LogicalID, r.Path }
	if r.Type == "AWS::CDK::Metadata" {
		return
	}
	var lines []string
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(value)) {
				walk(key, value[key])
			}
			s.variable(r, value)
		case []any:
			for _, item := range value {
				walk(path, item)
			}
		case string:
			if !assetKey.MatchString(value) {
				lines = append(lines, fmt.Sprintf("%s = %q", path, value))
			}
		}
	}
	walk("", r.Properties)
	s.text(strings.Join(lines, "\n"), r.Stack.ID, at)
}

// variable reports an environment variable, or a property, of a telling name
// with a literal value.
func (s *search) variable(r *assembly.Resource, object map[string]any) {
	report := func(name string) {
		s.found = append(s.found, finding.Finding{
			Rule: "named-secret", Stack: r.Stack.ID, LogicalID: r.LogicalID, Path: r.Path,
			Problem: fmt.Sprintf("%s has its value in the template, in the clear", name),
			Fix:     "take it from Secrets Manager: type SECRETS_MANAGER in CodeBuild, a dynamic reference elsewhere",
		})
	}
	name, _ := object["Name"].(string)
	value, literal := object["Value"].(string)
	if literal && value != "" && named.MatchString(name) && (object["Type"] == nil || object["Type"] == "PLAINTEXT") {
		report(name)
	}
	for key, value := range object {
		text, literal := value.(string)
		if literal && text != "" && named.MatchString(key) && !known[key] && !strings.HasPrefix(text, "{{resolve:") {
			report(key)
		}
	}
}

// known are properties whose names promise a secret and that hold none.
var known = map[string]bool{
	"ServiceToken": true, // the ARN of the function that handles a custom resource
	"HttpTokens":   true, // whether IMDSv2 is required
}
