package flux

import (
	"encoding/json"
	"fmt"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/review/stacks"
)

// factsName is the ConfigMap that CDK writes into each cluster, and that
// manifests are substituted from.
const factsName = "ConfigMap flux-system/cluster-facts"

// Facts are the values of an environment's cluster-facts, from its templates.
// What only a deployment knows is written as ${AWS::AccountId}. Nil when the
// assembly has no such environment.
func Facts(a *assembly.Assembly, environment string) (map[string]string, error) {
	for _, r := range a.All("Custom::AWSCDK-EKS-KubernetesResource") {
		if stacks.Environment(r.Stack.ID) != environment {
			continue
		}
		object, ok := stacks.Manifest(r)[factsName].(map[string]any)
		if !ok {
			continue
		}
		text, err := json.Marshal(object["data"])
		if err != nil {
			return nil, err
		}
		var facts map[string]string
		if err := json.Unmarshal(text, &facts); err != nil {
			return nil, fmt.Errorf("read the facts of %s in %s: %w", environment, r.LogicalID, err)
		}
		return facts, nil
	}
	return nil, nil
}
