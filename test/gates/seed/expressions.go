package seed

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"gitops-eks/test/manifests"
)

// Fields of an object that a health check's expressions see,
// https://fluxcd.io/flux/components/kustomize/kustomizations/#health-check-expressions
var healthVariables = []string{"apiVersion", "kind", "metadata", "spec", "status", "data"}

// Variables of a dependency's readyExpr,
// https://fluxcd.io/flux/components/kustomize/kustomizations/#dependency-ready-expression
var readyVariables = []string{"self", "dep"}

// checkExpressions compiles the expressions of Kustomizations, and looks for the
// group that an ImagePolicy extracts.
func checkExpressions(e *manifests.Environment, note noter) {
	for _, object := range e.Objects() {
		switch object.Raw.GetKind() {
		case "Kustomization":
			for _, dependency := range list(object.Raw, "spec", "dependsOn") {
				compileAll(object, dependency, readyVariables, []string{"readyExpr"}, note)
			}
			for _, check := range list(object.Raw, "spec", "healthCheckExprs") {
				compileAll(object, check, healthVariables, []string{"current", "inProgress", "failed"}, note)
			}
		case "ImagePolicy":
			checkGroup(object, note)
		}
	}
}

func compileAll(object manifests.Object, holder map[string]any, variables, fields []string, note noter) {
	for _, field := range fields {
		text, ok := holder[field].(string)
		if !ok {
			continue
		}
		if err := compiles(text, variables); err != nil {
			note("expression", object, fmt.Sprintf("%s does not compile: %s", field, firstLine(err)), "mend the CEL expression; it sees "+strings.Join(variables, ", "))
		}
	}
}

func compiles(text string, variables []string) error {
	options := []cel.EnvOption{ext.Strings(), ext.Lists(), cel.OptionalTypes()}
	for _, name := range variables {
		options = append(options, cel.Variable(name, cel.DynType))
	}
	environment, err := cel.NewEnv(options...)
	if err != nil {
		return err
	}
	_, issues := environment.Compile(text)
	return issues.Err()
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// group is a group of the pattern in what is extracted, $name or ${name}.
var group = regexp.MustCompile(`\$\{?([0-9A-Za-z_]+)\}?`)

// checkGroup looks for groups that the pattern does not have: they extract
// nothing, and all tags are equal.
func checkGroup(object manifests.Object, note noter) {
	extract, _, _ := unstructured.NestedString(object.Raw.Object, "spec", "filterTags", "extract")
	text, _, _ := unstructured.NestedString(object.Raw.Object, "spec", "filterTags", "pattern")
	pattern, err := regexp.Compile(text)
	if err != nil {
		return // The review says so.
	}
	for _, match := range group.FindAllStringSubmatch(extract, -1) {
		var number int
		if _, err := fmt.Sscanf(match[1], "%d", &number); err == nil && number <= pattern.NumSubexp() {
			continue
		}
		if pattern.SubexpIndex(match[1]) < 0 {
			note("image-policy", object, fmt.Sprintf("filterTags.extract names %s, the pattern has no such group: every tag would be the same", match[0]), "name a group of the pattern, (?P<name>…)")
		}
	}
}
