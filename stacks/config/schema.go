package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

//go:generate go test . -run "^(TestSchemaFile|TestReadmeTable)$" -update

// SchemaFile is the schema's name at the top of the repository, where cdk.json
// refers to it.
const SchemaFile = "platform.schema.json"

// Schema gives the JSON Schema of the settings, made of the types and rules
// here. It says less than Validate: what one setting asks of another is left to
// that.
func Schema() (*jsonschema.Schema, error) {
	s, err := jsonschema.For[Platform](nil)
	if err != nil {
		return nil, fmt.Errorf("make the schema of the settings: %w", err)
	}
	describe(s, reflect.ValueOf(specimen()).Elem(), root)
	s.Description = "Settings of the platform. An empty object is deployable."
	return s, nil
}

// SchemaJSON gives the text of platform.schema.json. It describes the whole of
// cdk.json, because editors apply a schema to a file: everything that is not
// the settings is free.
func SchemaJSON() ([]byte, error) {
	platform, err := Schema()
	if err != nil {
		return nil, err
	}
	file := &jsonschema.Schema{
		Schema: "https://json-schema.org/draft/2020-12/schema",
		Title:  "cdk.json of GitOps on Amazon EKS",
		Type:   "object",
		Properties: map[string]*jsonschema.Schema{
			"context": {Type: "object", Properties: map[string]*jsonschema.Schema{root: platform}},
		},
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema of the settings: %w", err)
	}
	return append(text, '\n'), nil
}

// specimen has one of everything, with its defaults.
func specimen() *Platform {
	p := Default()
	p.Config.Provider = DefaultGitProvider
	p.Environments[0].Compute.NodeGroups = []NodeGroup{{}}
	p.SetDefaults()
	return p
}

// describe adds the rules and defaults to the schema of a value and of those
// below it.
func describe(s *jsonschema.Schema, value reflect.Value, path string) {
	r := rules[settingOf(path)]
	for _, v := range r.enum {
		s.Enum = append(s.Enum, v)
	}
	for _, v := range r.numbers {
		s.Enum = append(s.Enum, v)
	}
	switch value.Kind() {
	case reflect.Struct:
		for i := range value.NumField() {
			name := jsonName(value.Type().Field(i))
			if name == "" {
				continue
			}
			if rules[settingOf(below(path, name))].required {
				s.Required = append(s.Required, name)
			}
			describe(s.Properties[name], value.Field(i), below(path, name))
		}
		return
	case reflect.Map:
		s.MaxProperties = bound(r.max)
		s.PropertyNames = &jsonschema.Schema{MinLength: bound(1), MaxLength: bound(128)}
		s.AdditionalProperties.MaxLength = bound(256)
	case reflect.Slice:
		s.Type, s.Types = "array", nil // null is no list here
		s.MinItems, s.MaxItems, s.UniqueItems = bound(r.min), bound(r.max), r.unique
		one := reflect.New(value.Type().Elem()).Elem()
		if value.Len() > 0 {
			one = value.Index(0)
		}
		describe(s.Items, one, path+"[]")
		if one.Kind() == reflect.Struct {
			return
		}
	case reflect.String:
		s.MinLength, s.MaxLength = bound(max(r.min, 1)), bound(r.max)
		if r.pattern != nil {
			s.Pattern = r.pattern.String()
		}
		if strings.HasSuffix(path, "[]") {
			return // an item has no default of its own
		}
	case reflect.Int:
		if r.numbers == nil {
			s.Minimum, s.Maximum = jsonschema.Ptr(float64(r.min)), jsonschema.Ptr(float64(r.max))
		}
	}
	fixed := value.Kind() == reflect.Bool || !value.IsZero()
	if fixed && !r.required && r.fallback == "" {
		s.Default = json.RawMessage(mustJSON(value.Interface()))
	}
}

// bound is a limit of the schema; 0 stands for none.
func bound(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// mustJSON encodes a setting. These are texts, numbers, booleans and lists of
// texts, which always have a JSON form.
func mustJSON(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("encode a default: %v", err))
	}
	return text
}
