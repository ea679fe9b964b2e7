package validate

import (
	"fmt"
	"slices"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// stackOutputs checks what is read from other stacks: that the stack and its
// output are there, and that it is deployed before.
func stackOutputs(a *assembly.Assembly) (found []finding.Finding) {
	for _, stack := range a.Stacks {
		eachPart(stack, func(name string, value any) {
			said := map[string]bool{}
			add := func(rule, problem, fix string) {
				f := in(stack, name, rule, problem, fix)
				if r := stack.Resources[name]; r != nil {
					f.Path = r.Path
				}
				if !said[problem] {
					found, said[problem] = append(found, f), true
				}
			}
			walk(value, "", func(_ string, value any) {
				if called, argument := function(value); called == "Fn::GetStackOutput" {
					checkOutput(a, stack, argument, add)
				}
			})
		})
	}
	return found
}

func checkOutput(a *assembly.Assembly, reader *assembly.Stack, argument any, add func(rule, problem, fix string)) {
	read, _ := argument.(map[string]any)
	stackName, _ := read["StackName"].(string)
	output, _ := read["OutputName"].(string)
	source := stackNamed(a, stackName)
	if source == nil {
		add("stack-output", fmt.Sprintf("Fn::GetStackOutput reads from the stack %q, which the assembly does not have", stackName),
			"name one of its stacks: "+names(a))
		return
	}
	if source == reader {
		add("stack-output", fmt.Sprintf("Fn::GetStackOutput reads the output %q of its own stack", output), "use Ref or Fn::GetAtt")
		return
	}
	if outputs, _ := source.Template["Outputs"].(map[string]any); outputs[output] == nil {
		add("stack-output", fmt.Sprintf("Fn::GetStackOutput reads the output %q, which the stack %s does not have", output, source.ID),
			"read one of its outputs, or add the output to "+source.ID)
	}
	region, named := read["Region"].(string)
	switch {
	case named && source.Region == "":
		add("stack-output", fmt.Sprintf("Fn::GetStackOutput looks for the stack %s in %s, and its Region is left open", source.ID, region),
			"read it from {Ref: AWS::Region}")
	case named && region != source.Region:
		add("stack-output", fmt.Sprintf("Fn::GetStackOutput looks for the stack %s in %s, but it is in %s", source.ID, region, source.Region),
			"read it from "+source.Region)
	}
	if !before(a, source.ID, reader, map[string]bool{}) {
		add("stack-order", fmt.Sprintf("it reads an output of the stack %s, but manifest.json does not deploy that one before %s", source.ID, reader.ID),
			fmt.Sprintf("make %s depend on %s", reader.ID, source.ID))
	}
}

// before says whether the stack with the id is deployed before the other one.
func before(a *assembly.Assembly, id string, later *assembly.Stack, seen map[string]bool) bool {
	if later == nil || seen[later.ID] {
		return false
	}
	seen[later.ID] = true
	return slices.Contains(later.DependsOn, id) ||
		slices.ContainsFunc(later.DependsOn, func(next string) bool { return before(a, id, a.Stack(next), seen) })
}

// exports checks Fn::ImportValue, names that two outputs export, stacks with
// the same name, and stacks that wait for each other.
func exports(a *assembly.Assembly) (found []finding.Finding) {
	exported := map[string]*assembly.Stack{} // place and name to stack
	called := map[string]*assembly.Stack{}
	for _, stack := range a.Stacks {
		place := stack.Account + "/" + stack.Region + "/"
		if first := called[place+stack.Name]; first != nil {
			found = append(found, in(stack, "", "stack-name",
				fmt.Sprintf("the stack is called %q as %s is, in the same account and Region", stack.Name, first.ID), "give it another name"))
		}
		called[place+stack.Name] = stack
		if before(a, stack.ID, stack, map[string]bool{}) {
			found = append(found, in(stack, "", "stack-order",
				"the stack waits for itself by way of "+fmt.Sprint(stack.DependsOn), "remove one of the dependencies between these stacks"))
		}
		outputs, _ := stack.Template["Outputs"].(map[string]any)
		for output, value := range outputs {
			name := assembly.ExportName(value)
			if first := exported[place+name]; name != "" && first != nil {
				found = append(found, in(stack, output, "export",
					fmt.Sprintf("the export %q is one of %s, too; a name can be exported once in an account and Region", name, first.ID), "export it under another name"))
			}
			exported[place+name] = stack
		}
	}
	for _, r := range a.All() {
		walk(r.Properties, "", func(where string, value any) {
			called, argument := function(value)
			name, ok := argument.(string)
			if called != "Fn::ImportValue" || !ok {
				return
			}
			if source := exported[r.Stack.Account+"/"+r.Stack.Region+"/"+name]; source == nil {
				found = append(found, at(r, "export", fmt.Sprintf("%s imports %q, which no stack exports", where, name),
					"import the name of an export, or export it from the stack that has the value"))
			} else if !before(a, source.ID, r.Stack, map[string]bool{}) {
				found = append(found, at(r, "stack-order", fmt.Sprintf("%s imports %q of the stack %s, which is not deployed before", where, name, source.ID),
					fmt.Sprintf("make %s depend on %s", r.Stack.ID, source.ID)))
			}
		})
	}
	return found
}

func stackNamed(a *assembly.Assembly, name string) *assembly.Stack {
	for _, stack := range a.Stacks {
		if stack.Name == name {
			return stack
		}
	}
	return nil
}

func names(a *assembly.Assembly) string {
	var all []string
	for _, stack := range a.Stacks {
		all = append(all, stack.Name)
	}
	return fmt.Sprint(all)
}
