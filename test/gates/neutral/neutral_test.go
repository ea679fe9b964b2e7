package neutral

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
)

type object = map[string]any

// value is what becomes of a property's value in a template with a VPC.
func value(property any) any {
	template := object{
		"Parameters": object{"P": object{"Type": "String"}},
		"Conditions": object{"C": object{"Fn::Equals": []any{"a", "b"}}},
		"Resources":  object{"Vpc": object{}, "Cluster": object{}},
	}
	stack := &assembly.Stack{Template: template}
	stack.Resources = map[string]*assembly.Resource{
		"Vpc":     {Stack: stack, Type: "AWS::EC2::VPC", Properties: object{"CidrBlock": "10.0.0.0/16"}},
		"Cluster": {Stack: stack, Type: "AWS::EKS::Cluster"},
		"R":       {Stack: stack, Type: "T", Properties: object{"V": property}},
	}
	return Template(stack)["Resources"].(object)["R"].(object)["Properties"].(object)["V"]
}

func TestFunctions(t *testing.T) {
	for name, test := range map[string]struct{ given, want any }{
		"of another stack":        {object{"Fn::GetStackOutput": object{"StackName": "s"}}, Elsewhere},
		"that nobody knows":       {[]any{object{"Fn::New": "x"}}, []any{Elsewhere}},
		"missing reference":       {object{"Ref": "Gone"}, Missing},
		"missing attribute":       {object{"Fn::GetAtt": []any{"Gone", "Arn"}}, Missing},
		"missing in a text":       {object{"Fn::Sub": "${Gone.Arn}"}, Missing},
		"a text's own variable":   {object{"Fn::Sub": []any{"${own}", object{"own": "x"}}}, object{"Fn::Sub": []any{"${own}", object{"own": "x"}}}},
		"missing condition":       {object{"Fn::If": []any{"Gone", "a", "b"}}, Missing},
		"condition":               {object{"Fn::If": []any{"C", "a", "b"}}, object{"Fn::If": []any{"C", "a", "b"}}},
		"range of the VPC":        {object{"Fn::GetAtt": []any{"Vpc", "CidrBlock"}}, "10.0.0.0/16"},
		"group of the cluster":    {object{"Fn::GetAtt": []any{"Cluster", "ClusterSecurityGroupId"}}, ClusterSecurityGroup},
		"other attribute":         {object{"Fn::GetAtt": []any{"Vpc", "VpcId"}}, object{"Fn::GetAtt": []any{"Vpc", "VpcId"}}},
		"parameter":               {object{"Ref": "P"}, object{"Ref": "P"}},
		"pseudo parameter":        {object{"Ref": "AWS::Region"}, object{"Ref": "AWS::Region"}},
		"function within another": {object{"Fn::Join": []any{"", []any{object{"Ref": "Gone"}}}}, object{"Fn::Join": []any{"", []any{Missing}}}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, value(test.given)) })
	}
}

func TestWhatIsLeftOut(t *testing.T) {
	stack := &assembly.Stack{Template: object{"Resources": object{"A": object{}}, "Outputs": object{}}}
	stack.Resources = map[string]*assembly.Resource{"A": {Stack: stack, Type: "T", DependsOn: []string{"A"},
		Body: object{"Condition": "Gone", "DependsOn": "A", "Metadata": object{"cdk_nag": object{}}}}}
	require.Equal(t, object{
		"AWSTemplateFormatVersion": "2010-09-09", "Resources": object{"A": object{"Type": "T"}},
	}, Template(stack))
}
