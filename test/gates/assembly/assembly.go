// Package assembly reads a cloud assembly, the folder that `cdk synth` writes,
// for review: every template with the paths of its constructs, and every asset.
package assembly

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
	// Dir is the folder, absolute.
	Dir string
	// Stacks by id.
	Stacks []*Stack
	// Missing is context that was not there: the templates have placeholders.
	Missing []string
	// Assets are the files and folders to upload.
	Assets []Asset
}

// Stack is a stack of an [Assembly].
type Stack struct {
	// ID is the name in the assembly, Name the one in CloudFormation.
	ID, Name string
	// Account and Region; empty when the assembly leaves them open.
	Account, Region string
	// File is the template's path, absolute.
	File string
	// DependsOn are the ids of the stacks that are deployed before.
	DependsOn []string
	// Template is the whole template.
	Template map[string]any
	// Resources of the template, by logical id.
	Resources map[string]*Resource
}

// Asset is a file or a folder that a deployment uploads.
type Asset struct {
	// Path is absolute.
	Path string
	// ObjectKey is the name in the bucket of assets; templates refer to it.
	ObjectKey string
}

// stackArtifact and assetsArtifact are types of artifacts in manifest.json.
const (
	stackArtifact  = "aws:cloudformation:stack"
	assetsArtifact = "cdk:asset-manifest"
)

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
	Missing []struct {
		Key string `json:"key"`
	} `json:"missing"`
}

// Read reads the folder dir. A template that cannot be read, or a reference
// from manifest.json to a file that is not there, is an error.
func Read(dir string) (*Assembly, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var m manifest
	if err := readJSON(filepath.Join(dir, "manifest.json"), &m); err != nil {
		return nil, fmt.Errorf("read assembly %s: %w; want a folder that cdk synth wrote", dir, err)
	}
	a := &Assembly{Dir: dir}
	for _, missing := range m.Missing {
		a.Missing = append(a.Missing, missing.Key)
	}
	for id, artifact := range m.Artifacts {
		switch artifact.Type {
		case stackArtifact:
			stack, err := readStack(filepath.Join(dir, artifact.Properties.TemplateFile))
			if err != nil {
				return nil, fmt.Errorf("read stack %s: %w", id, err)
			}
			stack.ID, stack.Name = id, artifact.Properties.StackName
			if stack.Name == "" {
				stack.Name = id
			}
			stack.DependsOn = artifact.Dependencies
			stack.Account, stack.Region = place(artifact.Environment)
			a.Stacks = append(a.Stacks, stack)
		case assetsArtifact:
			assets, err := readAssets(dir, artifact.Properties.File)
			if err != nil {
				return nil, fmt.Errorf("read assets %s: %w", id, err)
			}
			a.Assets = append(a.Assets, assets...)
		}
	}
	if len(a.Stacks) == 0 {
		return nil, fmt.Errorf("read assembly %s: manifest.json names no stack", dir)
	}
	for _, stack := range a.Stacks { // the other dependencies are assets
		stack.DependsOn = slices.DeleteFunc(stack.DependsOn, func(id string) bool { return a.Stack(id) == nil })
		slices.Sort(stack.DependsOn)
	}
	slices.SortFunc(a.Stacks, func(x, y *Stack) int { return strings.Compare(x.ID, y.ID) })
	slices.SortFunc(a.Assets, func(x, y Asset) int { return strings.Compare(x.Path, y.Path) })
	a.Assets = slices.Compact(a.Assets)
	return a, nil
}

// Stack returns the stack with the id, or nil.
func (a *Assembly) Stack(id string) *Stack {
	for _, stack := range a.Stacks {
		if stack.ID == id {
			return stack
		}
	}
	return nil
}

// Asset returns the asset that is uploaded under the key, or nil.
func (a *Assembly) Asset(objectKey string) *Asset {
	for i := range a.Assets {
		if a.Assets[i].ObjectKey == objectKey {
			return &a.Assets[i]
		}
	}
	return nil
}

// place parses an environment, aws://account/region.
func place(environment string) (account, region string) {
	account, region, _ = strings.Cut(strings.TrimPrefix(environment, "aws://"), "/")
	return strings.TrimPrefix(account, "unknown-account"), strings.TrimPrefix(region, "unknown-region")
}

func readAssets(dir, file string) ([]Asset, error) {
	var content struct {
		Files map[string]struct {
			Source struct {
				Path string `json:"path"`
			} `json:"source"`
			Destinations map[string]struct {
				ObjectKey string `json:"objectKey"`
			} `json:"destinations"`
		} `json:"files"`
	}
	if err := readJSON(filepath.Join(dir, file), &content); err != nil {
		return nil, err
	}
	var assets []Asset
	for _, asset := range content.Files {
		path := filepath.Join(dir, asset.Source.Path)
		if _, err := os.Stat(path); err != nil {
			return nil, err
		}
		for _, destination := range asset.Destinations {
			assets = append(assets, Asset{Path: path, ObjectKey: destination.ObjectKey})
		}
	}
	return assets, nil
}

func readJSON(file string, into any) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
