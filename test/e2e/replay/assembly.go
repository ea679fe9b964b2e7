package replay

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Assembly is a synthesized cloud assembly.
type Assembly struct {
	// Dir is the folder, cdk.out.
	Dir string
	// Stacks in the order of deployment.
	Stacks []*Stack
}

// Stack is a stack of an [Assembly].
type Stack struct {
	// ID is the name in the assembly, Name the one in CloudFormation.
	ID, Name string
	// Account and Region, empty when the assembly leaves them open.
	Account, Region string

	template  *template
	dependsOn []string
	// assets maps an object key in the bucket of assets to its file or folder.
	assets map[string]string
}

const (
	stackArtifact  = "aws:cloudformation:stack"
	assetsArtifact = "cdk:asset-manifest"
)

// silent are the artifacts that deploy nothing.
var silent = []string{"cdk:tree", "cdk:feature-flag-report"}

type manifest struct {
	Artifacts map[string]struct {
		Type         string   `json:"type"`
		Environment  string   `json:"environment"`
		Dependencies []string `json:"dependencies"`
		Properties   struct {
			TemplateFile string `json:"templateFile"`
			StackName    string `json:"stackName"`
			File         string `json:"file"`
		} `json:"properties"`
	} `json:"artifacts"`
	Missing []any `json:"missing"`
}

// ReadAssembly reads a folder that `cdk synth` wrote.
func ReadAssembly(dir string) (*Assembly, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var m manifest
	if err := readJSON(filepath.Join(dir, "manifest.json"), &m); err != nil {
		return nil, fmt.Errorf("read assembly: %w", err)
	}
	if len(m.Missing) > 0 {
		return nil, fmt.Errorf("read assembly: %s was synthesized with placeholders, since context is missing: %v", dir, m.Missing)
	}
	stacks, assets := map[string]*Stack{}, map[string]string{}
	for id, artifact := range m.Artifacts {
		switch {
		case artifact.Type == stackArtifact:
			stack := &Stack{ID: id, Name: artifact.Properties.StackName, dependsOn: artifact.Dependencies, assets: assets}
			if stack.Name == "" {
				stack.Name = id
			}
			stack.Account, stack.Region = place(artifact.Environment)
			if stack.template, err = readTemplate(filepath.Join(dir, artifact.Properties.TemplateFile)); err != nil {
				return nil, fmt.Errorf("read stack %s: %w", id, err)
			}
			stacks[id] = stack
		case artifact.Type == assetsArtifact:
			if err := readAssets(dir, artifact.Properties.File, assets); err != nil {
				return nil, fmt.Errorf("read assets %s: %w", id, err)
			}
		case !slices.Contains(silent, artifact.Type):
			return nil, fmt.Errorf("read assembly: replay does not know the type %s of artifact %s", artifact.Type, id)
		}
	}
	a := &Assembly{Dir: dir}
	if a.Stacks, err = inOrder(stacks); err != nil {
		return nil, err
	}
	return a, a.check()
}

// place parses an environment, aws://account/region.
func place(environment string) (account, region string) {
	account, region, _ = strings.Cut(strings.TrimPrefix(environment, "aws://"), "/")
	if account == "unknown-account" {
		account = ""
	}
	if region == "unknown-region" {
		region = ""
	}
	return account, region
}

func readAssets(dir, file string, assets map[string]string) error {
	var content struct {
		Files map[string]struct {
			Source struct {
				Path string `json:"path"`
			} `json:"source"`
			Destinations map[string]struct {
				ObjectKey string `json:"objectKey"`
			} `json:"destinations"`
		} `json:"files"`
		DockerImages map[string]any `json:"dockerImages"`
	}
	if err := readJSON(filepath.Join(dir, file), &content); err != nil {
		return err
	}
	if len(content.DockerImages) > 0 {
		return fmt.Errorf("replay does not know image assets, %s has %d", file, len(content.DockerImages))
	}
	for _, asset := range content.Files {
		for _, destination := range asset.Destinations {
			assets[destination.ObjectKey] = filepath.Join(dir, asset.Source.Path)
		}
	}
	return nil
}

// inOrder sorts stacks so that each comes after those that it depends on.
func inOrder(stacks map[string]*Stack) ([]*Stack, error) {
	ids, edges := make([]string, 0, len(stacks)), map[string][]string{}
	for id, stack := range stacks {
		ids = append(ids, id)
		for _, dependency := range stack.dependsOn {
			if stacks[dependency] != nil { // the others are assets
				edges[id] = append(edges[id], dependency)
			}
		}
	}
	slices.Sort(ids)
	sorted, err := sortByDependency(ids, edges)
	if err != nil {
		return nil, fmt.Errorf("stacks: %w", err)
	}
	var ordered []*Stack
	for _, id := range sorted {
		ordered = append(ordered, stacks[id])
	}
	return ordered, nil
}

// stack finds a stack by its name in CloudFormation.
func (a *Assembly) stack(name string) *Stack {
	for _, s := range a.Stacks {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// byID finds a stack by its name in the assembly.
func (a *Assembly) byID(id string) *Stack {
	for _, s := range a.Stacks {
		if s.ID == id {
			return s
		}
	}
	return nil
}

func readJSON(file string, value any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
