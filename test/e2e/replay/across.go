package replay

import "fmt"

// importValue finds the export of that name in any stack.
func (s scope) importValue(path string, argument any) (any, error) {
	name, err := s.text(path, argument)
	if err != nil {
		return nil, err
	}
	for _, stack := range s.assembly.Stacks {
		for _, id := range sortedKeys(stack.template.Outputs) {
			out := stack.template.Outputs[id]
			if out.Export.Name == nil {
				continue
			}
			export, err := s.in(stack).text(stack.ID+".Outputs."+id+".Export.Name", out.Export.Name)
			if err != nil {
				return nil, err
			}
			if export == name {
				return s.in(stack).output(id)
			}
		}
	}
	return nil, fmt.Errorf("no stack exports %s", name)
}

// stackOutput reads an output of another stack, exported or not.
func (s scope) stackOutput(path string, argument any) (any, error) {
	value, err := s.resolve(path, argument)
	if err != nil {
		return nil, err
	}
	arguments, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("want an object, got %v", value)
	}
	for key := range arguments {
		if key != "StackName" && key != "Region" && key != "OutputName" {
			return nil, fmt.Errorf("replay does not know its argument %s", key)
		}
	}
	name, _ := arguments["StackName"].(string)
	stack := s.assembly.stack(name)
	if stack == nil {
		return nil, fmt.Errorf("no stack is named %q", name)
	}
	if region, ok := arguments["Region"]; ok && region != s.values.region(stack) {
		return nil, fmt.Errorf("looks for stack %s in %v, but it is in %s", name, region, s.values.region(stack))
	}
	id, _ := arguments["OutputName"].(string)
	return s.in(stack).output(id)
}

func (s scope) output(id string) (any, error) {
	out, ok := s.stack.template.Outputs[id]
	if !ok {
		return nil, fmt.Errorf("stack %s has no output %q", s.stack.Name, id)
	}
	return s.resolve(s.stack.ID+".Outputs."+id, out.Value)
}
