package rules

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// secretRules are about secrets in the clear: whoever may read a template reads them.
var secretRules = []rule{
	{"secret-parameter", secretParameters},
	{"secret-variable", each(secretVariables, "AWS::Lambda::Function", "AWS::CodeBuild::Project")},
	{"secret-text", secretTexts},
	{"secret-plain-parameter", each(plainParameter, "AWS::SSM::Parameter")},
}

var (
	secretName  = regexp.MustCompile(`(?i)(secret|passw(or)?d|passphrase|token|api_?key|private_?key|access_?key|credential)`)
	secretValue = regexp.MustCompile(`\b(AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{22}|\bglpat-[\w-]{20}|\bxox[abps]-[\w-]{10}|://[^/\s:@$]+:[^/\s@$]{3,}@`)
)

// secretParameters wants NoEcho, and no default.
func secretParameters(v *review) {
	for _, s := range v.assembly.Stacks {
		parameters := object(s.Template["Parameters"])
		for _, name := range slices.Sorted(maps.Keys(parameters)) {
			if !secretName.MatchString(name) {
				continue
			}
			if !isTrue(at(parameters[name], "NoEcho")) || at(parameters[name], "Default") != nil {
				v.add(finding.Finding{
					Severity: finding.Error, Stack: s.ID, LogicalID: name, Path: "Parameters",
					Problem: "the parameter is named like a secret, and is shown in the console or has a default",
					Fix:     "take it from AWS Secrets Manager, or set NoEcho and remove Default",
				})
			}
		}
	}
}

// secretVariables wants references where a variable is named like a secret [CodeBuild.2].
func secretVariables(v *review, r *assembly.Resource) {
	plain := map[string]any{}
	maps.Copy(plain, object(r.Get("Environment", "Variables")))
	for _, variable := range assembly.List(r.Get("Environment", "EnvironmentVariables")) {
		if kind := at(variable, "Type"); kind == nil || kind == "PLAINTEXT" {
			plain[v.text(r.Stack, at(variable, "Name"))] = at(variable, "Value")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(plain)) {
		if value, isText := plain[name].(string); isText && value != "" && secretName.MatchString(name) && !strings.HasPrefix(value, "{{resolve:") {
			v.wrong(r, "keep it in AWS Secrets Manager, and name it with the type SECRETS_MANAGER", "the environment variable %s is named like a secret, and its value is in the template", name)
		}
	}
}

// plainParameter wants no secret in Parameter Store by CloudFormation, which
// cannot make encrypted parameters.
func plainParameter(v *review, r *assembly.Resource) {
	if name := v.text(r.Stack, r.Get("Name")); secretName.MatchString(name) {
		v.wrong(r, "keep it in AWS Secrets Manager", "the parameter %s is named like a secret, and is not encrypted", shown(name))
	}
}

// secretTexts wants no value that is shaped like a credential. The value is not shown.
func secretTexts(v *review) {
	for _, r := range v.assembly.All() {
		visit(r.Properties, func(value any) {
			if text, ok := value.(string); ok && secretValue.MatchString(text) {
				v.wrong(r, "revoke it, and keep the new one in AWS Secrets Manager", "a property holds what is shaped like a credential")
			}
		})
	}
}
