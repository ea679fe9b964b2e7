package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/gatetest"
)

const parameter = "AWS::SSM::Parameter"

var textFaults = []fault{
	{"tags", "", bucket, set("Tags", []any{map[string]any{"Key": "AWS:Owner", "Value": "us"}}), "keeps names with aws: for itself", ""},
	{"tags", "", bucket, set("Tags", []any{map[string]any{"Key": "owner", "Value": strings.Repeat("x", 257)}}), "AWS takes 256", ""},
	{"name-shape", "", bucket, set("BucketName", "Artifacts"), "AWS takes 3 to 63", ""},
	{"name-shape", "", role, set("RoleName", "a-role-name-that-is-much-longer-than-the-sixty-four-characters-of-iam"), "at most 64", ""},
	{"name-shape", "", repository, set("RepositoryName", "Platform/Hello"), "a-z, 0-9", ""},
	{"name-shape", "", securityGroup, set("GroupDescription", "a\tb"), "GroupDescription", ""},
	{"name-unique", ":Config", codeCommit, set("RepositoryName", "platform-hello"), "which is also that of", codeCommit + ":Config"},
	{"literal-account", ":image-reflector", rolePolicy, set("PolicyDocument.Statement.1.Resource", "arn:aws:ecr:eu-west-1:999999999999:repository/a"), "the account 999999999999", ""},
	{"literal-account", "prod-like", function, set("Code.S3Bucket", "cdk-hnb659fds-assets-999999999999-eu-central-1"), "not of the stack's account", ""},
	{"literal-region", ":image-reflector", rolePolicy, set("PolicyDocument.Statement.1.Resource", "arn:aws:ecr:eu-west-1:999999999999:repository/a"), "the Region eu-west-1", ""},
	{"literal-region", "prod-like", function, set("Code.S3Bucket", "cdk-hnb659fds-assets-333333333333-eu-west-9"), "not of the stack's Region", ""},
	{"literal-partition", "prod-like:prod-", role, set("ManagedPolicyArns", []any{"arn:aws-cn:iam::aws:policy/ReadOnlyAccess"}), "the partition aws-cn", role + ":prod-"},
	{"placeholder", "", eksCluster, set("Name", "${Token[TOKEN.12]}"), "an unresolved token", ""},
	{"placeholder", "", eksCluster, set("Name", "undefined-dev"), "was not set", ""},
	{"placeholder", "", parameter, set("Value", "[object Object]"), "turned into text", ""},
	{"placeholder", "", parameter, set("Value", "changeme"), "to fill it in", ""},
	{"placeholder", "", eksCluster, set("Name", "TODO"), "to fill it in", ""},
	{"placeholder", "", subnet, set("AvailabilityZone", "dummy1a"), "stand-in for a lookup", ""},
	{"placeholder", "", parameter, set("Value", "arn:aws:iam::123456789012:role/a"), "AWS's documentation", ""},
	{"secret-variable", "", project, set("Environment.EnvironmentVariables.1.Name", "REGISTRY_PASSWORD"), "REGISTRY_PASSWORD is named like a secret", ""},
	{"secret-variable", "", function, set("Environment", map[string]any{"Variables": map[string]any{"API_TOKEN": "abc"}}), "API_TOKEN", ""},
	{"secret-text", "", parameter, set("Value", "AKIA"+"IOSFODNN7EXAMPLE"), "shaped like a credential", ""},
	{"secret-plain-parameter", "", parameter, set("Name", "/platform/db-password"), "is not encrypted", ""},
	{"unused", ":source-controller", podAssociation, drop, "nothing uses it", role + ":source-controller"},
	{"unused", "", natGateway, set("AllocationId", "eipalloc-0123456789abcdef0"), "it costs by the hour", "AWS::EC2::EIP"},
}

func TestSecretParametersAreHidden(t *testing.T) {
	a := gatetest.Synth(t, "default")
	parameters := a.Stack("delivery").Template["Parameters"].(map[string]any)
	parameters["DatabasePassword"] = map[string]any{"Type": "String"}
	found := findings(a, "secret-parameter", tested())
	require.Len(t, found, 1)
	require.Equal(t, "DatabasePassword", found[0].LogicalID)
	parameters["DatabasePassword"] = map[string]any{"Type": "String", "NoEcho": true}
	require.Empty(t, findings(a, "secret-parameter", tested()))
}

func TestSecretsAreNotShown(t *testing.T) {
	a := gatetest.Synth(t, "default")
	secret := "AKIA" + "IOSFODNN7EXAMPLE"
	set("Value", secret)(t, pick(t, a, parameter, ""))
	for _, f := range findings(a, "secret-text", tested()) {
		require.NotContains(t, f.Problem+f.Fix, secret)
	}
}
