package replay

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The custom resources that live in the cluster.
const (
	typeManifest = "Custom::AWSCDK-EKS-KubernetesResource"
	typeChart    = "Custom::AWSCDK-EKS-HelmChart"
	typePatch    = "Custom::AWSCDK-EKS-KubernetesPatch"
	typeValue    = "Custom::AWSCDK-EKS-KubernetesObjectValue"
)

// common are the properties of all of them.
var common = []string{"ServiceToken", "ServiceTimeout", "ClusterName"}

// inCluster lists their properties, as far as replay gives the handler what it
// needs for them. ChartAssetURL is missing on purpose: it needs a bucket.
var inCluster = map[string][]string{
	typeManifest: {"Manifest", "Overwrite", "PruneLabel", "SkipValidation"},
	typeChart:    {"Release", "Chart", "Version", "Wait", "Atomic", "Timeout", "Values", "Namespace", "Repository", "CreateNamespace", "SkipCrds"},
	typePatch:    {"ResourceName", "ResourceNamespace", "ApplyPatchJson", "RestorePatchJson", "PatchType"},
	typeValue:    {"ObjectType", "ObjectName", "ObjectNamespace", "JsonPath", "TimeoutSeconds"},
}

// ofAWS are custom resources that change something in AWS and nothing in a cluster.
var ofAWS = []string{
	"Custom::AddonVersion",
	"Custom::ApprovalRuleTemplate",
	"Custom::AvailabilityZones",
	"Custom::Branch",
	"Custom::LogGroup",
	"Custom::VpcRestrictDefaultSG",
	"Custom::S3AutoDeleteObjects",
}

// check looks for what replay does not know, in all stacks.
func (a *Assembly) check() error {
	var problems []error
	for _, stack := range a.Stacks {
		for _, r := range stack.template.Resources.ordered {
			r.Stack = stack
			if err := r.check(); err != nil {
				problems = append(problems, fmt.Errorf("%s (%s): %w", r.Path(), r.Type, err))
			}
		}
	}
	return errors.Join(problems...)
}

func (r *Resource) check() error {
	custom := strings.HasPrefix(r.Type, "Custom::") || r.Type == "AWS::CloudFormation::CustomResource"
	if !custom || slices.Contains(ofAWS, r.Type) {
		return nil
	}
	known, ok := inCluster[r.Type]
	if !ok {
		return errors.New("replay does not know this type of custom resource: teach it, or list it as one that is of AWS and not of the cluster")
	}
	if !strings.HasSuffix(r.Stack.ID, "-cluster") && !strings.HasSuffix(r.Stack.ID, "-gitops") {
		return errors.New("a resource of the cluster in a stack where replay looks for none")
	}
	var problems []error
	for _, property := range sortedKeys(r.Properties) {
		if !slices.Contains(common, property) && !slices.Contains(known, property) {
			problems = append(problems, fmt.Errorf("replay does not know the property %s", property))
		}
	}
	if !slices.Contains([]string{"", "Delete", "Retain"}, r.DeletionPolicy) {
		problems = append(problems, fmt.Errorf("replay does not know the deletion policy %s", r.DeletionPolicy))
	}
	return errors.Join(problems...)
}

// stacksOf are the stacks with what lives in the cluster of an environment.
func (a *Assembly) stacksOf(environment string) (stacks []*Stack, err error) {
	for _, stack := range a.Stacks {
		if stack.ID == environment+"-cluster" || stack.ID == environment+"-gitops" {
			stacks = append(stacks, stack)
		}
	}
	if len(stacks) != 2 {
		return nil, fmt.Errorf("the assembly needs the stacks %[1]s-cluster and %[1]s-gitops for the environment %[1]s, found %[2]d of them", environment, len(stacks))
	}
	return stacks, nil
}

// inCluster are the stack's resources that live in the cluster, in the order
// of their creation.
func (s *Stack) inCluster() (found []*Resource, err error) {
	ordered, err := s.order()
	for _, r := range ordered {
		if inCluster[r.Type] != nil {
			found = append(found, r)
		}
	}
	return found, err
}

// InCluster lists what lives in the cluster of an environment, in the order of
// its creation.
func (a *Assembly) InCluster(environment string) (found []*Resource, err error) {
	stacks, err := a.stacksOf(environment)
	if err != nil {
		return nil, err
	}
	for _, stack := range stacks {
		resources, err := stack.inCluster()
		if err != nil {
			return nil, err
		}
		found = append(found, resources...)
	}
	return found, nil
}
