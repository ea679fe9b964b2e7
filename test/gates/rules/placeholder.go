package rules

import (
	"regexp"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// placeholderRules are about text that stands for something that never came.
var placeholderRules = []rule{
	{"placeholder", placeholders},
}

var placeholderPatterns = []struct {
	pattern *regexp.Regexp
	says    string
}{
	{regexp.MustCompile(`\$\{Token\[|#\{Token\[`), "an unresolved token of the CDK"},
	{regexp.MustCompile(`\[object [A-Z][a-z]+\]`), "an object that was turned into text"},
	{regexp.MustCompile(`(^|[^A-Za-z])(undefined|NaN|<nil>|%!\w\()`), "a value that was not set"},
	// In capitals only: an app may be called todo.
	{regexp.MustCompile(`\b(TODO|FIXME)\b|(?i)\b(changeme|change-me|replace-?me|your-[a-z]+-here|xxxx+)\b`), "a note to fill it in"},
	{regexp.MustCompile(`^dummy[0-9][a-z]?$|vpc-12345\b|subnet-12345\b|^p-12345$|^s-12345$`), "the CDK's stand-in for a lookup"},
	{regexp.MustCompile(`\b123456789012\b`), "the account of AWS's documentation"},
	{regexp.MustCompile(`^(null|None|nil)$`), "the word for nothing"},
}

// code are properties that hold programs, in which such words have a meaning.
var code = map[string]bool{"ZipFile": true, "BuildSpec": true, "Analytics": true, "JsonPath": true}

func placeholders(v *review) {
	for _, r := range v.assembly.All() {
		if r.Type == "AWS::CDK::Metadata" {
			continue
		}
		findPlaceholders(v, r, r.Properties)
	}
	for _, s := range v.assembly.Stacks {
		for _, section := range []string{"Outputs", "Mappings"} {
			visit(s.Template[section], func(value any) {
				if text, ok := value.(string); ok {
					for _, p := range placeholderPatterns {
						if p.pattern.MatchString(text) {
							v.add(finding.Finding{Severity: finding.Error, Stack: s.ID, Path: section, Problem: "it has " + shown(text) + ", " + p.says, Fix: "give it its value"})
						}
					}
				}
			})
		}
	}
}

func findPlaceholders(v *review, r *assembly.Resource, value any) {
	switch value := value.(type) {
	case string:
		for _, p := range placeholderPatterns {
			if found := p.pattern.FindString(value); found != "" {
				v.wrong(r, "give it its value", "it has %s, %s", shown(value), p.says)
			}
		}
	case []any:
		for _, item := range value {
			findPlaceholders(v, r, item)
		}
	case map[string]any:
		for key, item := range value {
			if !code[key] {
				findPlaceholders(v, r, item)
			}
		}
	}
}
