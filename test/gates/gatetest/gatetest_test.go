package gatetest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMutatedChangesOneResource(t *testing.T) {
	a := Synth(t, "default")
	b := Mutated(t, a, "dev-network", func(template map[string]any) {
		Resource(t, template, "AWS::EC2::VPC", "")["Properties"].(map[string]any)["CidrBlock"] = "10.9.0.0/16"
	})
	require.Equal(t, "10.0.0.0/16", a.All("AWS::EC2::VPC")[0].Get("CidrBlock"))
	require.Equal(t, "10.9.0.0/16", b.All("AWS::EC2::VPC")[0].Get("CidrBlock"))
	require.Len(t, b.Assets, len(a.Assets))
}
