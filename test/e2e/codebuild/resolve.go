package codebuild

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// suffix of AWS's host names.
const suffix = "amazonaws.com"

// resolve answers a value without CloudFormation's intrinsic functions. One
// that it does not know is an error. The path is for errors.
func (t *template) resolve(path string, value any) (any, error) {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			var err error
			if list[i], err = t.resolve(fmt.Sprintf("%s[%d]", path, i), item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(value))
		for key, item := range value {
			if len(value) == 1 && (key == "Ref" || strings.HasPrefix(key, "Fn::")) {
				return t.call(path, key, item)
			}
			var err error
			if object[key], err = t.resolve(path+"."+key, item); err != nil {
				return nil, err
			}
		}
		return object, nil
	}
	return value, nil
}

func (t *template) call(path, name string, argument any) (any, error) {
	answer, err := t.function(path, name, argument)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", path, name, err)
	}
	return answer, nil
}

func (t *template) function(path, name string, argument any) (any, error) {
	if name == "Ref" {
		return t.ref(argument)
	}
	resolved, err := t.resolve(path, argument)
	if err != nil {
		return nil, err
	}
	arguments, ok := resolved.([]any)
	if !ok || len(arguments) != 2 {
		return nil, fmt.Errorf("want two arguments, got %v", resolved)
	}
	switch name {
	case "Fn::GetAtt":
		return t.attribute(arguments)
	case "Fn::Join":
		return join(arguments)
	case "Fn::Split":
		return split(arguments)
	case "Fn::Select":
		return pick(arguments)
	}
	return nil, fmt.Errorf("the stand-in for CodeBuild does not know this function")
}

func (t *template) ref(argument any) (any, error) {
	switch argument {
	case "AWS::AccountId":
		return t.Account, nil
	case "AWS::Region":
		return t.Region, nil
	case "AWS::Partition":
		return "aws", nil
	case "AWS::URLSuffix":
		return suffix, nil
	}
	id, _ := argument.(string)
	r := t.Resources[id]
	switch {
	case r == nil:
		return nil, fmt.Errorf("no resource and no known pseudo parameter %v", argument)
	case r.Type == typeProject:
		return id, nil
	case r.Type == typeRegistry && r.Properties["RepositoryName"] != nil:
		return t.resolve(id+".RepositoryName", r.Properties["RepositoryName"])
	}
	return nil, fmt.Errorf("no value for %s (%s)", id, r.Type)
}

// attribute knows the one attribute that the builds are given.
func (t *template) attribute(arguments []any) (any, error) {
	id, _ := arguments[0].(string)
	if r := t.Resources[id]; r == nil || r.Type != typeRegistry || arguments[1] != "Arn" {
		return nil, fmt.Errorf("no value for %v", arguments)
	}
	name, err := t.ref(id)
	return fmt.Sprintf("arn:aws:ecr:%s:%s:repository/%s", t.Region, t.Account, name), err
}

func join(arguments []any) (any, error) {
	separator, isText := arguments[0].(string)
	list, isList := arguments[1].([]any)
	if !isText || !isList {
		return nil, fmt.Errorf("want a text and a list, got %v", arguments)
	}
	parts := make([]string, len(list))
	for i, item := range list {
		text, ok := item.(string)
		if !ok {
			return nil, fmt.Errorf("want texts, got %v", item)
		}
		parts[i] = text
	}
	return strings.Join(parts, separator), nil
}

func split(arguments []any) (any, error) {
	separator, isText := arguments[0].(string)
	text, alsoText := arguments[1].(string)
	if !isText || !alsoText {
		return nil, fmt.Errorf("want two texts, got %v", arguments)
	}
	var list []any
	for part := range strings.SplitSeq(text, separator) {
		list = append(list, part)
	}
	return list, nil
}

func pick(arguments []any) (any, error) {
	list, isList := arguments[1].([]any)
	number, isNumber := arguments[0].(json.Number)
	i, err := strconv.Atoi(number.String())
	if !isList || !isNumber || err != nil || i < 0 || i >= len(list) {
		return nil, fmt.Errorf("no item %v in %v", arguments[0], arguments[1])
	}
	return list[i], nil
}
