// Package assembly reads a cloud assembly, the folder that `cdk synth` writes,
// for review: every template with the paths of its constructs, and every asset.
package assembly

import (
	"fmt"
	"os"

	"gitops-eks/test/cloudassembly"
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
type Asset = cloudassembly.Asset

// Read reads the folder dir. A template that cannot be read, or a reference
// from manifest.json to a file that is not there, is an error.
func Read(dir string) (*Assembly, error) {
	m, err := cloudassembly.Read(dir)
	if err != nil {
		return nil, fmt.Errorf("read assembly %s: %w; want a folder that cdk synth wrote", dir, err)
	}
	a := &Assembly{Dir: m.Dir, Missing: m.Missing, Assets: m.Assets}
	for _, asset := range a.Assets {
		if _, err := os.Stat(asset.Path); err != nil {
			return nil, fmt.Errorf("read assets: %w", err)
		}
	}
	for _, entry := range m.Stacks {
		stack, err := readStack(entry.File)
		if err != nil {
			return nil, fmt.Errorf("read stack %s: %w", entry.ID, err)
		}
		stack.ID, stack.Name, stack.Account, stack.Region = entry.ID, entry.Name, entry.Account, entry.Region
		stack.DependsOn = entry.DependsOn
		a.Stacks = append(a.Stacks, stack)
	}
	if len(a.Stacks) == 0 {
		return nil, fmt.Errorf("read assembly %s: manifest.json names no stack", dir)
	}
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
