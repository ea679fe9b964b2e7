package replay

import (
	"fmt"
	"slices"

	"gitops-eks/test/cloudassembly"
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

// silent are the artifacts that deploy nothing.
var silent = []string{"cdk:tree", "cdk:feature-flag-report"}

// ReadAssembly reads a folder that `cdk synth` wrote.
func ReadAssembly(dir string) (*Assembly, error) {
	m, err := cloudassembly.Read(dir)
	if err != nil {
		return nil, fmt.Errorf("read assembly: %w", err)
	}
	if len(m.Missing) > 0 {
		return nil, fmt.Errorf("read assembly: %s was synthesized with placeholders, since context is missing: %v", m.Dir, m.Missing)
	}
	if len(m.Images) > 0 {
		return nil, fmt.Errorf("read assembly: replay does not know image assets, as in %v", m.Images)
	}
	for id, kind := range m.Others {
		if !slices.Contains(silent, kind) {
			return nil, fmt.Errorf("read assembly: replay does not know the type %s of artifact %s", kind, id)
		}
	}
	assets := map[string]string{}
	for _, asset := range m.Assets {
		assets[asset.ObjectKey] = asset.Path
	}
	stacks := map[string]*Stack{}
	for _, entry := range m.Stacks {
		stack := &Stack{
			ID: entry.ID, Name: entry.Name, Account: entry.Account, Region: entry.Region,
			dependsOn: entry.DependsOn, assets: assets,
		}
		if stack.template, err = readTemplate(entry.File); err != nil {
			return nil, fmt.Errorf("read stack %s: %w", entry.ID, err)
		}
		stacks[entry.ID] = stack
	}
	a := &Assembly{Dir: m.Dir}
	if a.Stacks, err = inOrder(stacks); err != nil {
		return nil, err
	}
	return a, a.check()
}

// inOrder sorts stacks so that each comes after those that it depends on.
func inOrder(stacks map[string]*Stack) ([]*Stack, error) {
	ids, edges := make([]string, 0, len(stacks)), map[string][]string{}
	for id, stack := range stacks {
		ids = append(ids, id)
		edges[id] = stack.dependsOn
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
