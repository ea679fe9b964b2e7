package codebuild

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
)

// Types of resources that are read.
const (
	typePipeline   = "AWS::CodePipeline::Pipeline"
	typeProject    = "AWS::CodeBuild::Project"
	typeRepository = "AWS::CodeCommit::Repository"
	typeRegistry   = "AWS::ECR::Repository"
)

// Values stand for what only AWS could say.
type Values struct {
	// Account and Region of the stack. Default 000000000000 and us-east-1.
	Account, Region string
}

func (v *Values) setDefaults() {
	if v.Account == "" {
		v.Account = "000000000000"
	}
	if v.Region == "" {
		v.Region = "us-east-1"
	}
}

// template is a CloudFormation template, with what it refers to.
type template struct {
	Values
	Resources map[string]*resource
}

type resource struct {
	Type       string
	Properties map[string]any
}

func readTemplate(file string, values Values) (*template, error) {
	values.setDefaults()
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	t := &template{Values: values}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(t); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return t, nil
}

// all are the logical ids of a type, sorted.
func (t *template) all(kind string) (ids []string) {
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if t.Resources[id].Type == kind {
			ids = append(ids, id)
		}
	}
	return ids
}

// decode resolves a property and fills a value with it.
func (t *template) decode(id, property string, value any) error {
	resolved, err := t.resolve(id+"."+property, t.Resources[id].Properties[property])
	if err != nil {
		return err
	}
	return fill(id+"."+property, resolved, value)
}

func fill(path string, from, value any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
