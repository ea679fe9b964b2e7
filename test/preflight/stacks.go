package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"gitops-eks/test/cloudassembly"
	"gitops-eks/test/preflight/account"
)

// stack is a synthesized stack.
type stack struct {
	name  string
	place account.Place
	// bootstrap is the version that the template demands.
	bootstrap int
	resources []resource
}

// resource is a resource of a template.
type resource struct {
	id, stack  string
	Type       string         `json:"Type"`
	Properties map[string]any `json:"Properties"`
	Deletion   string         `json:"DeletionPolicy"`
}

// literal is a property's value when it is known before the deployment.
func (r resource) literal(property string) string {
	value, _ := r.Properties[property].(string)
	return value
}

// readStacks reads the stacks of an assembly, ordered by name.
func readStacks(assembly string) (stacks []stack, err error) {
	index, err := cloudassembly.Read(assembly)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: run make synth", err)
	}
	if err != nil {
		return nil, err
	}
	var demands struct {
		Artifacts map[string]struct {
			Properties struct {
				Version int `json:"requiresBootstrapStackVersion"`
			} `json:"properties"`
		} `json:"artifacts"`
	}
	if err := cloudassembly.ReadJSON(filepath.Join(index.Dir, "manifest.json"), &demands); err != nil {
		return nil, err
	}
	for _, entry := range index.Stacks {
		var template struct {
			Resources map[string]resource `json:"Resources"`
		}
		if err := cloudassembly.ReadJSON(entry.File, &template); err != nil {
			return nil, fmt.Errorf("read the template of %s: %w", entry.ID, err)
		}
		s := stack{
			name: entry.Name, place: account.Place{Account: entry.Account, Region: entry.Region},
			bootstrap: demands.Artifacts[entry.ID].Properties.Version,
		}
		for _, id := range slices.Sorted(maps.Keys(template.Resources)) {
			r := template.Resources[id]
			r.id, r.stack = id, entry.Name
			s.resources = append(s.resources, r)
		}
		stacks = append(stacks, s)
	}
	return stacks, nil
}

var deniedList = regexp.MustCompile(`(?m)^const withoutControlPlane = (\[.*\]);$`)

// deniedZones are the ids of zones where EKS has no control plane, as the function
// knows them that chooses zones at deployment.
func deniedZones(root string) (ids []string, err error) {
	const file = "constructs/handlers/zones.js"
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, err
	}
	found := deniedList.FindSubmatch(text)
	if found == nil {
		return nil, fmt.Errorf("%s has no line const withoutControlPlane = […];", file)
	}
	list := regexp.MustCompile(`'`).ReplaceAll(found[1], []byte(`"`))
	return ids, json.Unmarshal(list, &ids)
}
