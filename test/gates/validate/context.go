package validate

import (
	"fmt"
	"regexp"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// missingContext finds look-ups that were not answered: `cdk synth` exits 0,
// and the templates hold values that stand in for the answers.
func missingContext(a *assembly.Assembly) (found []finding.Finding) {
	for _, key := range a.Missing {
		found = append(found, finding.Finding{
			Rule: "missing-context", Severity: finding.Error, Path: "manifest.json",
			Problem: fmt.Sprintf("the look-up %s has no answer, so the templates have a stand-in for it", key),
			Fix:     "give the value in the settings, such as availabilityZones, or commit the answer in cdk.context.json",
		})
	}
	return found
}

// placeholder is what the CDK writes instead of an answer, what its tokens look
// like when they were used as text, and what people write to fill it in later.
// https://docs.aws.amazon.com/cdk/v2/guide/context.html
var placeholder = regexp.MustCompile(`\bdummy\d[a-f]\b|\bDUMMY\b|\bdummy-value-for-|\b(vpc-12345|subnet-12345|s-12345|p-12345|rtb-12345[sp]?|ami-1234|sg-12345|sg-12345678|vpc-12345678|subnet-12345678)\b` +
	`|\$\{Token\[|\[object Object\]|#\{Token\[|%!s?\(|\bundefined\b|<nil>|(?i:\b(change-?me|replace-?me|todo|fixme|your-[a-z]+-(here|name|id)|xxxx+)\b)`)

// placeholders finds them in resources and outputs.
func placeholders(a *assembly.Assembly) (found []finding.Finding) {
	for _, stack := range a.Stacks {
		eachPart(stack, func(name string, value any) {
			path := ""
			if r := stack.Resources[name]; r != nil {
				path, value = r.Path, r.Properties
			}
			walk(value, "", func(where string, value any) {
				text, _ := value.(string)
				// Long texts are programs and documents: they may say "todo".
				if match := placeholder.FindString(text); match != "" && len(text) < 300 {
					f := in(stack, name, "missing-context",
						fmt.Sprintf("%s is %q, which stands in for a value that is not known", where, text),
						"give the real value in the settings or the code, and synthesize again")
					f.Path = path
					found = append(found, f)
				}
			})
		})
	}
	return found
}
