package test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// No number of apps meets one of CloudFormation's or IAM's limits, whatever their names.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func TestAHundredAppsFit(t *testing.T) {
	const hundred = 100
	platform := edited(t, "prod-like", func(p *config.Platform) {
		p.Name = strings.Repeat("n", 20)
		p.Apps = nil
		for i := range hundred {
			p.Apps = append(p.Apps, config.App{
				Name: fmt.Sprintf("%s-%03d", strings.Repeat("a", 36), i), Platforms: []config.ImagePlatform{config.PlatformAMD64, config.PlatformARM64},
			})
		}
	})
	a := synthesize(t, platform, platform)
	require.Len(t, a.stacks, hundred+7)
	for _, s := range a.stacks {
		require.LessOrEqual(t, len(s.resources), 500, "resources of %s", s.name)
		outputs, _ := s.body["Outputs"].(map[string]any)
		require.LessOrEqual(t, len(outputs), 200, "outputs of %s", s.name)
		for _, role := range s.all("AWS::IAM::Role") {
			require.LessOrEqual(t, len(list(role.get("ManagedPolicyArns"))), 10, role.path)
		}
		for _, policy := range s.all("AWS::IAM::ManagedPolicy") {
			require.LessOrEqual(t, len(s.render(policy.get("PolicyDocument"))), 6144, policy.path)
		}
		for _, policy := range s.all("AWS::IAM::Policy") { // each is alone at its role
			require.LessOrEqual(t, len(s.render(policy.get("PolicyDocument"))), 10240, policy.path)
		}
	}
}
