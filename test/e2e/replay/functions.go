package replay

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

func (s scope) ref(_ string, argument any) (any, error) {
	name, ok := argument.(string)
	if !ok {
		return nil, fmt.Errorf("want a name, got %v", argument)
	}
	if strings.HasPrefix(name, "AWS::") {
		return s.values.pseudo(s.stack, name)
	}
	if p, ok := s.stack.template.Parameters[name]; ok {
		if p.Type != "String" || p.Default == nil {
			return nil, fmt.Errorf("parameter %s of type %v has no value that replay could know", name, p.Type)
		}
		return p.Default, nil
	}
	r := s.stack.template.Resources.byID[name]
	if r == nil {
		return nil, fmt.Errorf("%s has neither a resource nor a parameter %s", s.stack.ID, name)
	}
	if known, ok := s.values.Known[s.stack.ID+"/"+name]; ok {
		return known, nil
	}
	if inCluster[r.Type] != nil {
		made := s.created(r)
		if made == nil {
			return nil, fmt.Errorf("%s does not exist yet", r.Path())
		}
		return made.physicalID, nil
	}
	if property := named[r.Type]; property != "" && r.Properties[property] != nil {
		return s.resolve(r.Path()+"."+property, r.Properties[property])
	}
	return s.stack.Name + "-" + name, nil
}

func (s scope) getAtt(_ string, argument any) (any, error) {
	id, name, err := attribute(argument)
	if err != nil {
		return nil, err
	}
	r := s.stack.template.Resources.byID[id]
	if r == nil {
		return nil, fmt.Errorf("%s has no resource %s", s.stack.ID, id)
	}
	if known, ok := s.values.Known[s.stack.ID+"/"+id+"."+name]; ok {
		return known, nil
	}
	if inCluster[r.Type] != nil {
		made := s.created(r)
		if made == nil {
			return nil, fmt.Errorf("%s does not exist yet", r.Path())
		}
		if value, ok := made.data[name]; ok {
			return value, nil
		}
		return nil, fmt.Errorf("the handler answered no %s for %s", name, r.Path())
	}
	if name == "Arn" {
		return s.values.arn(r), nil
	}
	return nil, fmt.Errorf("replay knows no value for %s of %s (%s): give one for %s/%s.%s", name, r.Path(), r.Type, s.stack.ID, id, name)
}

// attribute parses the argument of Fn::GetAtt, a list or a text with a dot.
func attribute(argument any) (id, name string, err error) {
	switch argument := argument.(type) {
	case string:
		if id, name, ok := strings.Cut(argument, "."); ok {
			return id, name, nil
		}
	case []any:
		if len(argument) == 2 {
			id, isText := argument[0].(string)
			name, alsoText := argument[1].(string)
			if isText && alsoText {
				return id, name, nil
			}
		}
	}
	return "", "", fmt.Errorf("want [resource, attribute], got %v", argument)
}

var variables = regexp.MustCompile(`\$\{([^!}][^}]*)\}`)

// substitution parses the argument of Fn::Sub.
func substitution(argument any) (text string, more map[string]any, err error) {
	switch argument := argument.(type) {
	case string:
		return argument, nil, nil
	case []any:
		if len(argument) == 2 {
			text, isText := argument[0].(string)
			more, isMap := argument[1].(map[string]any)
			if isText && isMap {
				return text, more, nil
			}
		}
	}
	return "", nil, fmt.Errorf("want a text, or a text and its variables, got %v", argument)
}

func (s scope) sub(path string, argument any) (any, error) {
	text, more, err := substitution(argument)
	if err != nil {
		return nil, err
	}
	var problems []error
	text = variables.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		call := map[string]any{"Ref": name}
		if strings.Contains(name, ".") {
			call = map[string]any{"Fn::GetAtt": name}
		}
		value, err := s.resolve(path+"."+name, call)
		if given, ok := more[name]; ok {
			value, err = s.resolve(path+"."+name, given)
		}
		if err == nil {
			name, err = scalar(path, value)
		}
		problems = append(problems, err)
		return name
	})
	return strings.ReplaceAll(text, "${!", "${"), errors.Join(problems...)
}

func (s scope) join(path string, argument any) (any, error) {
	separator, list, err := s.textAndList(path, argument)
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(list))
	for i, item := range list {
		if parts[i], err = scalar(fmt.Sprintf("%s[1][%d]", path, i), item); err != nil {
			return nil, err
		}
	}
	return strings.Join(parts, separator), nil
}

func (s scope) pick(path string, argument any) (any, error) {
	index, list, err := s.textAndList(path, argument)
	if err != nil {
		return nil, err
	}
	i, err := strconv.Atoi(index)
	if err != nil || i < 0 || i >= len(list) {
		return nil, fmt.Errorf("no item %s in %v", index, list)
	}
	return list[i], nil
}

// textAndList resolves the arguments of Fn::Join and Fn::Select.
func (s scope) textAndList(path string, argument any) (string, []any, error) {
	arguments, err := s.arguments(path, argument, 2, 2)
	if err != nil {
		return "", nil, err
	}
	text, err := scalar(path+"[0]", arguments[0])
	if err != nil {
		return "", nil, err
	}
	list, ok := arguments[1].([]any)
	if !ok {
		return "", nil, fmt.Errorf("want a list, got %v", arguments[1])
	}
	return text, list, nil
}

func (s scope) split(path string, argument any) (any, error) {
	arguments, err := s.arguments(path, argument, 2, 2)
	if err != nil {
		return nil, err
	}
	separator, isText := arguments[0].(string)
	text, alsoText := arguments[1].(string)
	if !isText || !alsoText {
		return nil, fmt.Errorf("want two texts, got %v", arguments)
	}
	var list []any
	for _, part := range strings.Split(text, separator) {
		list = append(list, part)
	}
	return list, nil
}

// zones answers three, as most regions have.
func (s scope) zones(path string, argument any) (any, error) {
	region, err := s.text(path, argument)
	if err != nil {
		return nil, err
	}
	if region == "" {
		region = s.values.region(s.stack)
	}
	return []any{region + "a", region + "b", region + "c"}, nil
}

// text resolves an argument that must be a text.
func (s scope) text(path string, argument any) (string, error) {
	value, err := s.resolve(path, argument)
	if err != nil {
		return "", err
	}
	return scalar(path, value)
}

// arguments resolves a list of a function's arguments.
func (s scope) arguments(path string, argument any, least, most int) ([]any, error) {
	value, err := s.resolve(path, argument)
	if err != nil {
		return nil, err
	}
	list, ok := value.([]any)
	if !ok || len(list) < least || len(list) > most {
		return nil, fmt.Errorf("want a list of %d to %d arguments, got %v", least, most, value)
	}
	return list, nil
}
