package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// template is a CloudFormation template.
type template struct {
	Parameters map[string]parameter
	Conditions map[string]any
	Outputs    map[string]output
	Resources  resources
	// What of it has no meaning for a replay, named so that nothing else is overlooked.
	Description, Rules, Metadata any
	AWSTemplateFormatVersion     any
}

type parameter struct{ Type, Description, Default, AllowedValues any }

type output struct {
	Value                  any
	Export                 struct{ Name any }
	Description, Condition any
}

// Resource is a resource of a stack.
type Resource struct {
	LogicalID string `json:"-"`
	Stack     *Stack `json:"-"`

	Type                                string
	Properties                          map[string]any
	DependsOn                           names
	Condition                           string
	DeletionPolicy, UpdateReplacePolicy string
	Metadata                            map[string]any
	// Policies of types that are not in the cluster.
	CreationPolicy, UpdatePolicy any
}

// Path is the construct's path, without the parts that CDK adds at the end.
func (r *Resource) Path() string {
	path, _ := r.Metadata["aws:cdk:path"].(string)
	if path == "" {
		return r.Stack.ID + "/" + r.LogicalID
	}
	path = strings.TrimSuffix(path, "/Default")
	return strings.TrimSuffix(path, "/Resource")
}

// resources keep the order of the template, which is that of the program.
type resources struct {
	ordered []*Resource
	byID    map[string]*Resource
}

func readTemplate(file string) (*template, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	t := &template{}
	if err := strict(text, t); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return t, nil
}

// UnmarshalJSON keeps the order of the keys.
func (r *resources) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil { // the opening brace
		return err
	}
	r.byID = map[string]*Resource{}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		id, ok := key.(string)
		if !ok {
			return fmt.Errorf("resources: want a name, got %v", key)
		}
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return fmt.Errorf("resource %s: %w", id, err)
		}
		resource := &Resource{LogicalID: id}
		if err := strict(raw, resource); err != nil {
			return fmt.Errorf("resource %s: %w", id, err)
		}
		r.ordered = append(r.ordered, resource)
		r.byID[id] = resource
	}
	return nil
}

// names is one name or a list of them.
type names []string

// UnmarshalJSON takes both forms.
func (n *names) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*n = names{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(n))
}

// strict refuses fields that it does not know, and keeps numbers as they are written.
func strict(text []byte, value any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	return decoder.Decode(value)
}
