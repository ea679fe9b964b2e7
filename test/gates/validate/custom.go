package validate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// customTypes are the properties that the handlers read, the required
// ones first. No schema knows them: a misspelt one is ignored without a word.
// https://github.com/aws/aws-cdk/tree/main/packages/%40aws-cdk/custom-resource-handlers/lib
var customTypes = map[string]struct{ required, optional string }{
	"Custom::AWSCDK-EKS-HelmChart":             {"ClusterName Release Namespace", "Chart ChartAssetURL Version Wait Timeout Values Repository CreateNamespace SkipCrds Atomic"},
	"Custom::AWSCDK-EKS-KubernetesResource":    {"ClusterName Manifest", "Overwrite PruneLabel SkipValidation"},
	"Custom::AWSCDK-EKS-KubernetesObjectValue": {"ClusterName ObjectType ObjectName ObjectNamespace JsonPath TimeoutSeconds", ""},
	"Custom::AWSCDK-EKS-KubernetesPatch":       {"ClusterName ResourceName ResourceNamespace ApplyPatchJson RestorePatchJson PatchType", ""},
	"Custom::S3AutoDeleteObjects":              {"BucketName", ""},
	"Custom::VpcRestrictDefaultSG":             {"DefaultSecurityGroupId Account", ""},
	// This program's, constructs/handlers.
	"Custom::AvailabilityZones":    {"Count", ""},
	"Custom::Branch":               {"RepositoryName BranchName From", ""},
	"Custom::ApprovalRuleTemplate": {"RepositoryName Branches Approvals", ""},
	"Custom::AddonVersion":         {"AddonName KubernetesVersion", ""},
	"Custom::LogGroup":             {"LogGroupName RetentionInDays", ""},
}

// everyCustom has these besides.
const everyCustom = "ServiceToken ServiceTimeout"

// customResources finds custom resources that nothing would answer, so that
// CloudFormation waits for an hour, and those that their handler cannot read.
func customResources(a *assembly.Assembly) (found []finding.Finding) {
	for _, r := range a.All() {
		if !strings.HasPrefix(r.Type, "Custom::") && r.Type != "AWS::CloudFormation::CustomResource" {
			continue
		}
		token := r.Get("ServiceToken")
		called, _ := function(token)
		if text, literal := token.(string); token == nil || literal && !strings.HasPrefix(text, "arn:") || !literal && called == "" {
			found = append(found, at(r, "service-token", "the custom resource has no ServiceToken: no function would make it", "set ServiceToken to the ARN of the handler's function"))
		}
		known, ok := customTypes[r.Type]
		switch {
		case ok:
			found = append(found, customProperties(r, strings.Fields(known.required), strings.Fields(known.required+" "+known.optional+" "+everyCustom))...)
		case strings.HasPrefix(r.Type, "Custom::AWSCDK-EKS-"):
			found = append(found, at(r, "custom-type", fmt.Sprintf("%s is no type that the handler of in-cluster objects knows", r.Type),
				"use one of "+strings.Join(slices.Sorted(maps.Keys(customTypes)), ", ")))
		}
	}
	return found
}

func customProperties(r *assembly.Resource, required, allowed []string) (found []finding.Finding) {
	for _, name := range required {
		if r.Get(name) == nil {
			found = append(found, at(r, "custom-property", fmt.Sprintf("%s misses %s", r.Type, name), "set "+name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
		if !slices.Contains(allowed, name) {
			found = append(found, at(r, "custom-property", fmt.Sprintf("%s has %s, which its handler does not read; allowed are %s", r.Type, name, strings.Join(allowed, ", ")), "correct the property's name"))
		}
	}
	return found
}
