package replay

import (
	"fmt"
	"slices"
	"strings"
)

// sortByDependency sorts so that each name comes after those that it depends
// on, and otherwise keeps the order.
func sortByDependency(names []string, dependencies map[string][]string) (sorted []string, err error) {
	const visiting, done = 1, 2
	state := map[string]int{}
	var visit func(name string, chain []string) error
	visit = func(name string, chain []string) error {
		chain = append(chain, name)
		switch state[name] {
		case done:
			return nil
		case visiting:
			return fmt.Errorf("they depend on each other: %s", strings.Join(chain, " → "))
		}
		state[name] = visiting
		for _, dependency := range dependencies[name] {
			if err := visit(dependency, chain); err != nil {
				return err
			}
		}
		state[name] = done
		sorted = append(sorted, name)
		return nil
	}
	for _, name := range names {
		if err := visit(name, nil); err != nil {
			return nil, err
		}
	}
	return sorted, nil
}

// dependencies are those of all resources of a stack.
func (s *Stack) dependencies() (ids []string, edges map[string][]string, err error) {
	edges = map[string][]string{}
	for _, r := range s.template.Resources.ordered {
		ids = append(ids, r.LogicalID)
		for _, id := range append(slices.Clone([]string(r.DependsOn)), references(r.Properties)...) {
			switch {
			case s.template.Resources.byID[id] != nil:
				edges[r.LogicalID] = append(edges[r.LogicalID], id)
			case slices.Contains(r.DependsOn, id):
				return nil, nil, fmt.Errorf("%s/%s depends on %s, which is not in the template", s.ID, r.LogicalID, id)
			}
		}
	}
	return ids, edges, nil
}

// order sorts all resources of a stack, not only those in the cluster: one may
// depend on another through some that are not. CloudFormation makes what does
// not depend on each other at the same time. Here the one defined last comes
// first, so that a dependency that the program forgot is missed, and not made
// up for by the order of its lines.
func (s *Stack) order() ([]*Resource, error) {
	ids, edges, err := s.dependencies()
	if err != nil {
		return nil, err
	}
	slices.Reverse(ids)
	sorted, err := sortByDependency(ids, edges)
	if err != nil {
		return nil, fmt.Errorf("resources of %s: %w", s.ID, err)
	}
	var ordered []*Resource
	for _, id := range sorted {
		ordered = append(ordered, s.template.Resources.byID[id])
	}
	return ordered, nil
}

// needs lists all that a resource depends on, directly or not.
func (r *Resource) needs() ([]string, error) {
	_, edges, err := r.Stack.dependencies()
	if err != nil {
		return nil, err
	}
	all, err := sortByDependency([]string{r.LogicalID}, edges)
	if err != nil {
		return nil, err
	}
	return all[:len(all)-1], nil // the last is the resource itself
}

// unordered are those of later resources that do not wait for this one, so
// that CloudFormation might as well have made them before it.
func (r *Resource) unordered(later []*Resource) (found []string, err error) {
	for _, other := range later {
		needs, err := other.needs()
		if err != nil {
			return nil, err
		}
		if !slices.Contains(needs, r.LogicalID) {
			found = append(found, other.Path())
		}
	}
	return found, nil
}

// references are the names that a value refers to: resources, and also
// parameters, which the caller tells apart.
func references(value any) (ids []string) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			ids = append(ids, references(item)...)
		}
	case map[string]any:
		for _, key := range sortedKeys(value) {
			ids = append(ids, referenced(key, value[key])...)
		}
	}
	return ids
}

func referenced(key string, value any) []string {
	switch key {
	case "Ref":
		if id, ok := value.(string); ok {
			return []string{id}
		}
	case "Fn::GetAtt":
		if id, _, err := attribute(value); err == nil {
			return []string{id}
		}
	case "Fn::Sub":
		text, _, _ := substitution(value)
		ids := references(value)
		for _, match := range variables.FindAllStringSubmatch(text, -1) {
			id, _, _ := strings.Cut(match[1], ".")
			ids = append(ids, id)
		}
		return ids
	}
	return references(value)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
