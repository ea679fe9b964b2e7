package replay

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// function is the Lambda function behind a service token.
type function struct {
	resource *Resource
	// code is the folder of its asset.
	code string
	// layers are its layers' archives.
	layers []string
	// timeout ends it, and with it the framework's function, which has the same.
	timeout time.Duration
	// environment is what the template sets.
	environment map[string]string
}

const typeFunction = "AWS::Lambda::Function"

// function follows a service token: to the function of the provider framework
// and, through its environment, to the handler.
func (r *resolver) function(token string) (*function, error) {
	framework := r.byArn(token)
	if framework == nil {
		return nil, fmt.Errorf("no function has the service token %s", token)
	}
	environment, err := r.environment(framework)
	if err != nil {
		return nil, err
	}
	handler := r.byArn(environment["USER_ON_EVENT_FUNCTION_ARN"])
	if handler == nil || environment["USER_IS_COMPLETE_FUNCTION_ARN"] != "" {
		return nil, fmt.Errorf("%s is not a function of CDK's provider framework with a handler of its events alone", framework.Path())
	}
	f := &function{resource: handler}
	if f.environment, err = r.environment(handler); err != nil {
		return nil, err
	}
	if f.timeout, err = shortest(framework, handler); err != nil {
		return nil, err
	}
	if f.code, err = r.asset(handler, "Code"); err != nil {
		return nil, err
	}
	for _, file := range []string{"index.py", "apply", "helm", "get", "patch"} {
		if _, err := os.Stat(filepath.Join(f.code, file)); err != nil {
			return nil, fmt.Errorf("%s is not AWS's handler of in-cluster resources: %w", handler.Path(), err)
		}
	}
	layers, _ := handler.Properties["Layers"].([]any)
	for _, layer := range layers {
		for _, id := range references(layer) {
			archive, err := r.asset(handler.Stack.template.Resources.byID[id], "Content")
			if err != nil {
				return nil, err
			}
			f.layers = append(f.layers, archive)
		}
	}
	return f, nil
}

// byArn finds a function.
func (r *resolver) byArn(arn string) *Resource {
	for _, stack := range r.assembly.Stacks {
		for _, resource := range stack.template.Resources.ordered {
			if resource.Type == typeFunction && r.values.arn(resource) == arn {
				return resource
			}
		}
	}
	return nil
}

func (r *resolver) environment(function *Resource) (map[string]string, error) {
	environment := map[string]string{}
	settings, _ := function.Properties["Environment"].(map[string]any)
	variables, _ := settings["Variables"].(map[string]any)
	for name, value := range variables {
		var err error
		if environment[name], err = r.in(function.Stack).text(function.Path()+".Environment."+name, value); err != nil {
			return nil, err
		}
	}
	return environment, nil
}

// asset finds the file or folder that a property takes from the bucket of assets.
func (r *resolver) asset(resource *Resource, property string) (string, error) {
	if resource == nil {
		return "", errors.New("a layer is not in the function's stack")
	}
	place, _ := resource.Properties[property].(map[string]any)
	key, err := r.in(resource.Stack).text(resource.Path()+"."+property+".S3Key", place["S3Key"])
	if err != nil {
		return "", err
	}
	path := resource.Stack.assets[key]
	if path == "" {
		return "", fmt.Errorf("%s: the assembly has no asset %s", resource.Path(), key)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s: its asset is not in the assembly, was it synthesized without staging? %w", resource.Path(), err)
	}
	return path, nil
}

func shortest(functions ...*Resource) (least time.Duration, err error) {
	for _, f := range functions {
		timeout, err := seconds(f.Properties["Timeout"])
		if err != nil {
			return 0, fmt.Errorf("timeout of %s: %w", f.Path(), err)
		}
		if least == 0 || timeout < least {
			least = timeout
		}
	}
	return least, nil
}

// seconds parses a number of seconds, written as a number or as a text.
func seconds(value any) (time.Duration, error) {
	text, err := scalar("seconds", value)
	if err != nil {
		return 0, err
	}
	return time.ParseDuration(text + "s")
}
