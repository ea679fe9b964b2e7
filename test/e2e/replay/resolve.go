package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// resolver replaces CloudFormation's intrinsic functions by values.
type resolver struct {
	assembly *Assembly
	values   Values
	// created knows the custom resources that exist already.
	created func(*Resource) *deployed
}

// scope resolves within one stack.
type scope struct {
	*resolver
	stack *Stack
}

func (r *resolver) in(stack *Stack) scope { return scope{r, stack} }

// functions are the intrinsic functions that replay knows.
var functions map[string]func(s scope, path string, argument any) (any, error)

func init() { // not a literal: the functions resolve their arguments
	functions = map[string]func(scope, string, any) (any, error){
		"Ref":                scope.ref,
		"Fn::GetAtt":         scope.getAtt,
		"Fn::Join":           scope.join,
		"Fn::Sub":            scope.sub,
		"Fn::Select":         scope.pick,
		"Fn::Split":          scope.split,
		"Fn::GetAZs":         scope.zones,
		"Fn::ImportValue":    scope.importValue,
		"Fn::GetStackOutput": scope.stackOutput,
		"Fn::If":             scope.branch,
		"Fn::Equals":         scope.equals,
		"Fn::And":            scope.and,
		"Fn::Or":             scope.or,
		"Fn::Not":            scope.not,
	}
}

// resolve answers the value without intrinsic functions. Its path is for errors.
func (s scope) resolve(path string, value any) (any, error) {
	switch value := value.(type) {
	case []any:
		list := make([]any, 0, len(value))
		for i, item := range value {
			resolved, err := s.resolve(fmt.Sprintf("%s[%d]", path, i), item)
			if errors.Is(err, errNoValue) {
				continue
			}
			if err != nil {
				return nil, err
			}
			list = append(list, resolved)
		}
		return list, nil
	case map[string]any:
		if name, argument, ok := intrinsic(value); ok {
			function := functions[name]
			if function == nil {
				return nil, locate(path, fmt.Errorf("replay does not know the intrinsic function %s", name))
			}
			resolved, err := function(s, path+"."+name, argument)
			return resolved, locate(path+"."+name, err)
		}
		return s.resolveMap(path, value)
	}
	return value, nil
}

func (s scope) resolveMap(path string, value map[string]any) (map[string]any, error) {
	object := make(map[string]any, len(value))
	for _, key := range sortedKeys(value) {
		resolved, err := s.resolve(path+"."+key, value[key])
		if errors.Is(err, errNoValue) {
			continue
		}
		if err != nil {
			return nil, err
		}
		object[key] = resolved
	}
	return object, nil
}

// located is an error with the place in the template, the innermost.
type located struct {
	path string
	error
}

func (l *located) Error() string { return l.path + ": " + l.error.Error() }
func (l *located) Unwrap() error { return l.error }

func locate(path string, err error) error {
	var already *located
	if err == nil || errors.Is(err, errNoValue) || errors.As(err, &already) {
		return err
	}
	return &located{path, err}
}

// intrinsic tells whether an object is a call. An object with more keys is
// not, as in CloudFormation.
func intrinsic(value map[string]any) (name string, argument any, ok bool) {
	if len(value) != 1 {
		return "", nil, false
	}
	for name, argument := range value {
		return name, argument, name == "Ref" || strings.HasPrefix(name, "Fn::")
	}
	return "", nil, false
}

// scalar is how CloudFormation writes a value that is no list and no object.
func scalar(path string, value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case bool:
		return strconv.FormatBool(value), nil
	case json.Number:
		return value.String(), nil
	}
	return "", locate(path, fmt.Errorf("want a text, a number or a boolean, got %T", value))
}

// asStrings makes texts of all scalars, which is how CloudFormation hands
// properties to a custom resource.
func asStrings(path string, value any) (any, error) {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			var err error
			if list[i], err = asStrings(fmt.Sprintf("%s[%d]", path, i), item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(value))
		for key, item := range value {
			var err error
			if object[key], err = asStrings(path+"."+key, item); err != nil {
				return nil, err
			}
		}
		return object, nil
	}
	return scalar(path, value)
}
