package codebuild

import (
	"errors"
	"fmt"
	"regexp"
)

// Pipeline is one of CodePipeline: it builds the commits of one repository.
type Pipeline struct {
	Name string
	// Repository and Branch of the source, as CodeCommit or the connection calls them.
	Repository, Branch string

	source  string // the namespace of the source's variables
	actions []*action
}

// action is a build, in the order of the stages.
type action struct {
	name, namespace string
	project         *project
	// variables that the action gives to the build, still with #{…} in them.
	variables map[string]string
}

// stage is what is read of a stage of a pipeline. Only the configurations are
// resolved: the roles beside them are not of a build.
type stage struct {
	Actions []struct {
		Name, Namespace string
		ActionTypeID    struct{ Provider string } `json:"ActionTypeId"`
		Configuration   map[string]any
	}
}

func (t *template) pipeline(id string) (*Pipeline, error) {
	p := &Pipeline{}
	if err := t.decode(id, "Name", &p.Name); err != nil {
		return nil, err
	}
	var stages []stage
	if err := fill(id+".Stages", t.Resources[id].Properties["Stages"], &stages); err != nil {
		return nil, err
	}
	for _, stage := range stages {
		for _, a := range stage.Actions {
			resolved, err := t.resolve("Configuration", a.Configuration)
			if err != nil {
				return nil, fmt.Errorf("pipeline %s, action %s: %w", p.Name, a.Name, err)
			}
			configuration := resolved.(map[string]any)
			switch provider := a.ActionTypeID.Provider; provider {
			case "CodeCommit":
				err = p.setSource(a.Namespace, configuration["RepositoryName"], configuration["BranchName"])
			case "CodeStarSourceConnection":
				err = p.setSource(a.Namespace, configuration["FullRepositoryId"], configuration["BranchName"])
			case "CodeBuild":
				err = p.addBuild(t, &action{name: a.Name, namespace: a.Namespace}, configuration)
			default:
				err = fmt.Errorf("the stand-in does not know the provider %s", provider)
			}
			if err != nil {
				return nil, fmt.Errorf("pipeline %s, action %s: %w", p.Name, a.Name, err)
			}
		}
	}
	if p.source == "" || len(p.actions) == 0 {
		return nil, fmt.Errorf("pipeline %s has no source or no build", p.Name)
	}
	return p, nil
}

func (p *Pipeline) setSource(namespace string, repository, branch any) error {
	var isText, alsoText bool
	p.source = namespace
	p.Repository, isText = repository.(string)
	p.Branch, alsoText = branch.(string)
	if !isText || !alsoText {
		return fmt.Errorf("want the names of a repository and a branch, got %v and %v", repository, branch)
	}
	return nil
}

func (p *Pipeline) addBuild(t *template, a *action, configuration map[string]any) error {
	for key, value := range configuration {
		text, ok := value.(string)
		if !ok {
			return fmt.Errorf("%s is %v, want a text", key, value)
		}
		var err error
		switch key {
		case "ProjectName":
			a.project, err = t.project(text)
		case "EnvironmentVariables":
			a.variables, err = passed(text)
		default:
			err = fmt.Errorf("the stand-in does not know the setting %s", key)
		}
		if err != nil {
			return err
		}
	}
	if a.project == nil {
		return errors.New("no ProjectName")
	}
	p.actions = append(p.actions, a)
	return nil
}

var reference = regexp.MustCompile(`#\{([^}]+)\}`)

// environment is what an action's build gets: the project's variables, and
// above them the action's, with what earlier actions have given filled in.
func (a *action) environment(given map[string]string) (map[string]string, error) {
	merged := map[string]string{}
	for name, value := range a.project.variables {
		merged[name] = value
	}
	var problems []error
	for name, value := range a.variables {
		merged[name] = reference.ReplaceAllStringFunc(value, func(match string) string {
			key := match[2 : len(match)-1]
			value, ok := given[key]
			if !ok {
				problems = append(problems, fmt.Errorf("variable %s: no action before this one gives #{%s}", name, key))
			}
			return value
		})
	}
	return merged, errors.Join(problems...)
}
