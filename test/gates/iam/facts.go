package iam

import (
	"context"
	"maps"
	"slices"
	"strings"

	"gitops-eks/test/gates/node"
)

// facts is what AWS says of the actions and condition keys in the policies:
// https://docs.aws.amazon.com/service-authorization/latest/reference/
type facts struct {
	Actions map[string]actionFacts `json:"actions"`
	Keys    map[string]keyFacts    `json:"keys"`
}

// actionFacts are those of an action or of a pattern of actions.
type actionFacts struct {
	// Service says whether there is such a service.
	Service bool `json:"service"`
	// Near is a name that was perhaps meant.
	Near    string       `json:"near"`
	Matches []actionFact `json:"matches"`
}

type actionFact struct {
	Action string `json:"action"`
	Level  string `json:"level"`
	// Resources are the formats of the ARNs that it acts on; none when it knows no resource.
	Resources []string `json:"resources"`
	// Keys of conditions, beside the global ones.
	Keys []string `json:"keys"`
}

type keyFacts struct {
	Known bool   `json:"known"`
	Type  string `json:"type"`
}

func askFacts(ctx context.Context, worker *node.Worker, all []document) (known facts, err error) {
	actions, keys := map[string]bool{}, map[string]bool{}
	for _, d := range all {
		for _, s := range d.statements {
			for _, action := range slices.Concat(s.actions, s.notActions) {
				if strings.Contains(action, ":") && !strings.HasSuffix(action, ":*") {
					actions[action] = true
				}
			}
			for _, c := range s.conditions {
				keys[c.key] = true
			}
		}
	}
	err = worker.Ask(ctx, map[string]any{
		"operation": "facts", "actions": slices.Sorted(maps.Keys(actions)), "keys": slices.Sorted(maps.Keys(keys)),
	}, &known)
	return known, err
}
