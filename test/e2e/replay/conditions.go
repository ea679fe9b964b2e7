package replay

import "fmt"

// condition evaluates a condition by its name.
func (s scope) condition(path string, argument any) (bool, error) {
	name, ok := argument.(string)
	if !ok {
		return false, fmt.Errorf("want the name of a condition, got %v", argument)
	}
	expression, ok := s.stack.template.Conditions[name]
	if !ok {
		return false, locate(path, fmt.Errorf("%s has no condition %s", s.stack.ID, name))
	}
	return s.truth(s.stack.ID+".Conditions."+name, expression)
}

// truth evaluates a part of a condition.
func (s scope) truth(path string, expression any) (bool, error) {
	if object, ok := expression.(map[string]any); ok && len(object) == 1 && object["Condition"] != nil {
		return s.condition(path, object["Condition"])
	}
	value, err := s.resolve(path, expression)
	if err != nil {
		return false, err
	}
	truth, ok := value.(bool)
	if !ok {
		return false, locate(path, fmt.Errorf("want a condition, got %v", value))
	}
	return truth, nil
}

// branch takes [condition, then, else].
func (s scope) branch(path string, argument any) (any, error) {
	list, ok := argument.([]any)
	if !ok || len(list) != 3 {
		return nil, fmt.Errorf("want a condition and two values, got %v", argument)
	}
	truth, err := s.condition(path, list[0])
	if err != nil {
		return nil, err
	}
	if truth {
		return s.resolve(path+"[1]", list[1])
	}
	return s.resolve(path+"[2]", list[2])
}

func (s scope) equals(path string, argument any) (any, error) {
	arguments, err := s.arguments(path, argument, 2, 2)
	if err != nil {
		return nil, err
	}
	a, err := scalar(path+"[0]", arguments[0])
	if err != nil {
		return nil, err
	}
	b, err := scalar(path+"[1]", arguments[1])
	return a == b, err
}

func (s scope) and(path string, argument any) (any, error) {
	return s.fold(path, argument, true, func(a, b bool) bool { return a && b })
}

func (s scope) or(path string, argument any) (any, error) {
	return s.fold(path, argument, false, func(a, b bool) bool { return a || b })
}

func (s scope) not(path string, argument any) (any, error) {
	list, ok := argument.([]any)
	if !ok || len(list) != 1 {
		return nil, fmt.Errorf("want one condition, got %v", argument)
	}
	truth, err := s.truth(path+"[0]", list[0])
	return !truth, err
}

func (s scope) fold(path string, argument any, start bool, combine func(a, b bool) bool) (bool, error) {
	list, ok := argument.([]any)
	if !ok {
		return false, fmt.Errorf("want a list of conditions, got %v", argument)
	}
	result := start
	for i, expression := range list {
		truth, err := s.truth(fmt.Sprintf("%s[%d]", path, i), expression)
		if err != nil {
			return false, err
		}
		result = combine(result, truth)
	}
	return result, nil
}
