package test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// explicitNames are the properties by which a template names something itself.
// A name that is taken stops a deployment: the table says who can have it when
// the stacks are deployed again, after a destroy or after a first deployment
// that failed, and what makes the second one work.
var explicitNames = map[string]struct{ taken, works string }{
	"AWS::CodeCommit::Repository.RepositoryName": {
		"retained by a destroy; CloudFormation cannot import it, https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1002",
		"the README's update-repository-name before the deployment, and a mirror push after it; a failed first deployment leaves none (RetainExceptOnCreate)",
	},
	"AWS::ECR::Repository.RepositoryName": {
		"retained by a destroy",
		"make deploy takes it back (--import-existing-resources); a failed first deployment leaves none",
	},
	"AWS::KMS::Alias.AliasName": {
		"nobody: the alias goes with the stack, the key that it named may stay",
		"the new key gets the alias",
	},
	"Custom::LogGroup.LogGroupName": {
		"retained by a destroy with retain; EKS, which writes after the group is deleted",
		"the handler takes the group that is there",
	},
	"AWS::CodePipeline::Pipeline.Name": {"nobody: it goes with the stack", "it is made anew"},
	"AWS::EKS::Cluster.Name":           {"nobody: it goes with the stack", "it is made anew"},
	"AWS::IAM::Role.RoleName":          {"nobody: it goes with the stack", "it is made anew"},
}

// inside are names that are unique in something of the stack only, or that name
// what is AWS's or the cluster's.
var inside = []string{
	"AWS::EC2::VPCEndpoint.ServiceName", "AWS::EKS::Addon.AddonName", "AWS::IAM::Policy.PolicyName",
	"Custom::AddonVersion.AddonName", "Custom::ApprovalRuleTemplate.RepositoryName", "Custom::Branch.BranchName",
	"Custom::Branch.RepositoryName", "Custom::AWSCDK-EKS-KubernetesObjectValue.ObjectName", "Custom::AWSCDK-EKS-KubernetesPatch.ResourceName",
}

func TestExplicitNamesCanBeTakenAgain(t *testing.T) {
	seen := map[string]bool{}
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		for _, r := range s.resources {
			properties, _ := r.body["Properties"].(map[string]any)
			for property, value := range properties {
				name := r.kind + "." + property
				if _, literal := value.(string); !literal || !strings.HasSuffix(property, "Name") || slices.Contains(inside, name) {
					continue
				}
				require.Contains(t, explicitNames, name, "%s/%s is called %s: say in the table how it can be deployed a second time", s.name, r.path, value)
				seen[name] = true
				if r.deletion() == "Delete" {
					continue
				}
				// What CloudFormation takes back by its name.
				// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
				require.Equal(t, "RetainExceptOnCreate", r.deletion(), r.path)
			}
		}
	})
	for name := range explicitNames {
		require.True(t, seen[name], "no template names anything by %s: remove it from the table", name)
	}
	for file, promise := range map[string]string{
		"Makefile":  "$(CDK) deploy $(call quoted,$(STACKS)) $(CONTEXT) --import-existing-resources\n",
		"README.md": "aws codecommit update-repository-name --old-name ",
	} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Contains(t, string(text), promise)
	}
}
