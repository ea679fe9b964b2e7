package validate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// intrinsics are the functions that CloudFormation knows without a transform.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
var intrinsics = []string{
	"Fn::And", "Fn::Base64", "Fn::Cidr", "Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::Equals", "Fn::FindInMap",
	"Fn::GetAZs", "Fn::GetAtt", "Fn::GetStackOutput", "Fn::If", "Fn::ImportValue", "Fn::Join", "Fn::Not", "Fn::Or",
	"Fn::RefAll", "Fn::Select", "Fn::Split", "Fn::Sub", "Fn::ValueOf", "Fn::ValueOfAll",
}

// maxZones is more than a Region has: Fn::GetAZs gives as many values as zones.
const maxZones = 6

// functions checks how intrinsic functions are called, in resources of every
// kind: of custom resources and outputs the engine knows no type to expect.
func functions(a *assembly.Assembly) (found []finding.Finding) {
	for _, stack := range a.Stacks {
		eachPart(stack, func(name string, part any) {
			path := ""
			if r := stack.Resources[name]; r != nil {
				path, part = r.Path, r.Properties
			}
			walk(part, "", func(where string, value any) {
				object, ok := value.(map[string]any)
				if !ok || insideText(where) {
					return
				}
				for key, argument := range object {
					if problem := misuse(key, argument, len(object)); problem != "" {
						f := in(stack, name, "intrinsic-function", fmt.Sprintf("%s: %s", strings.TrimPrefix(where+"."+key, "."), problem),
							"call the function as its reference says: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html")
						f.Path = path
						found = append(found, f)
					}
				}
			})
		})
	}
	return found
}

// insideText says that a path is in a map whose keys are anybody's.
func insideText(path string) bool { return strings.Contains(path, "Fn::Sub[1]") }

func misuse(name string, argument any, members int) string {
	if name == "Ref" {
		if _, ok := argument.(string); !ok {
			return "Ref wants the name of a resource or a parameter"
		}
	}
	if (name == "Ref" || strings.HasPrefix(name, "Fn::")) && members > 1 {
		return "a function stands alone in its object, here are other keys beside it"
	}
	if !strings.HasPrefix(name, "Fn::") {
		return ""
	}
	if !slices.Contains(intrinsics, name) {
		return fmt.Sprintf("%s is no function, allowed are %s", name, strings.Join(intrinsics, ", "))
	}
	arguments, isList := argument.([]any)
	switch name {
	case "Fn::Join":
		if !isList || len(arguments) != 2 || !isText(arguments[0]) || !isListOrFunction(arguments[1]) {
			return "Fn::Join wants a delimiter and a list"
		}
	case "Fn::Split":
		if !isList || len(arguments) != 2 || !isText(arguments[0]) {
			return "Fn::Split wants a delimiter and a text"
		}
	case "Fn::Select":
		return misusedSelect(arguments)
	case "Fn::Sub":
		if !isText(argument) && (!isList || len(arguments) != 2 || !isText(arguments[0])) {
			return "Fn::Sub wants a text, or a text and a map"
		}
	case "Fn::GetAtt":
		text, _ := argument.(string)
		if !strings.Contains(text, ".") && (!isList || len(arguments) != 2 || !isText(arguments[0])) {
			return "Fn::GetAtt wants a logical id and an attribute"
		}
	case "Fn::If":
		if !isList || len(arguments) != 3 || !isText(arguments[0]) {
			return "Fn::If wants a condition and two values"
		}
	}
	return ""
}

func misusedSelect(arguments []any) string {
	const want = "Fn::Select wants an index and a list"
	if len(arguments) != 2 || !isListOrFunction(arguments[1]) {
		return want
	}
	if _, argument := function(arguments[0]); argument != nil {
		return ""
	}
	index, err := strconv.Atoi(fmt.Sprint(arguments[0]))
	if err != nil || index < 0 {
		return want
	}
	count := maxZones
	if values, ok := arguments[1].([]any); ok {
		count = len(values)
	} else if name, _ := function(arguments[1]); name != "Fn::GetAZs" {
		return ""
	}
	if index >= count {
		return fmt.Sprintf("Fn::Select takes element %d of a list of %d", index, count)
	}
	return ""
}

func isText(value any) bool {
	_, ok := value.(string)
	return ok
}

func isListOrFunction(value any) bool {
	if _, ok := value.([]any); ok {
		return true
	}
	name, _ := function(value)
	return name != ""
}
