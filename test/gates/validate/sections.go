package validate

import (
	"fmt"
	"os"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// maxTemplate is how large a template in S3 may be, in bytes.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const maxTemplate = 1 << 20

// sections checks what is in no resource: the engine names neither an output
// nor a rule that refers to what is not there.
func sections(a *assembly.Assembly) (found []finding.Finding) {
	for _, stack := range a.Stacks {
		if info, err := os.Stat(stack.File); err == nil && info.Size() > maxTemplate {
			found = append(found, in(stack, "", "template-size",
				fmt.Sprintf("the template has %d bytes, at most %d are allowed", info.Size(), maxTemplate), "move resources to another stack"))
		}
		parameters, _ := stack.Template["Parameters"].(map[string]any)
		for name, parameter := range parameters {
			if object, _ := parameter.(map[string]any); object["Default"] == nil {
				found = append(found, in(stack, name, "parameter-value", fmt.Sprintf("the parameter %s has no Default, and cdk deploy gives it none: the deployment would stop", name), "give it a Default, or take the value from the settings"))
			}
		}
		eachPart(stack, func(name string, value any) {
			if stack.Resources[name] != nil {
				return
			}
			for _, id := range assembly.References(value) {
				if stack.Resources[id] == nil && parameters[id] == nil && !strings.HasPrefix(id, "AWS::") {
					found = append(found, in(stack, name, "dangling-reference",
						fmt.Sprintf("%s refers to %q, which is neither a resource nor a parameter of the template", name, id),
						"refer to a logical id that the template has, or remove it"))
				}
			}
		})
		outputs, _ := stack.Template["Outputs"].(map[string]any)
		for name, output := range outputs {
			if object, _ := output.(map[string]any); object["Value"] == nil {
				found = append(found, in(stack, name, "output-value", fmt.Sprintf("the output %s has no Value", name), "give it a Value, or remove the output"))
			}
		}
	}
	return found
}
