package replay

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

const twoStacks = `{
	"first": {
		"Resources": {
			"Cluster": {"Type": "AWS::EKS::Cluster", "Properties": {"Name": {"Fn::Join": ["-", ["platform", {"Ref": "AWS::Region"}]]}}},
			"Function": {"Type": "AWS::Lambda::Function"}
		},
		"Outputs": {
			"Name": {"Value": {"Ref": "Cluster"}},
			"Exported": {"Value": {"Fn::GetAtt": ["Function", "Arn"]}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}:Arn"}}}
		}
	},
	"second": {
		"Parameters": {"Size": {"Type": "String", "Default": "small"}, "Version": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/x"}},
		"Conditions": {
			"Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]},
			"There": {"Fn::And": [{"Fn::Not": [{"Condition": "Here"}]}, {"Fn::Or": [{"Condition": "Here"}, {"Fn::Equals": ["a", "a"]}]}]}
		},
		"Resources": {
			"Queue": {"Type": "AWS::SQS::Queue"},
			"Made": {"Type": "Custom::AWSCDK-EKS-KubernetesObjectValue"},
			"Unmade": {"Type": "Custom::AWSCDK-EKS-KubernetesObjectValue"}
		}
	}
}`

func twoStacksScope(t *testing.T) scope {
	t.Helper()
	var templates map[string]*template
	require.NoError(t, strict([]byte(twoStacks), &templates))
	a := &Assembly{}
	for _, id := range []string{"first", "second"} {
		stack := &Stack{ID: id, Name: "platform-" + id, template: templates[id]}
		for _, r := range templates[id].Resources.ordered {
			r.Stack = stack
		}
		a.Stacks = append(a.Stacks, stack)
	}
	values := Values{Known: map[string]string{"second/Queue.QueueName": "jobs"}}
	values.setDefaults()
	r := &resolver{assembly: a, values: values, created: func(r *Resource) *deployed {
		if r.LogicalID == "Made" {
			return &deployed{physicalID: "made-1", data: map[string]any{"Value": "yes"}}
		}
		return nil
	}}
	return r.in(a.Stacks[1])
}

func TestIntrinsicFunctions(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:lambda:us-east-1:000000000000:platform-first/Function"
	for _, c := range []struct{ expression, want string }{
		{`{"Ref": "AWS::AccountId"}`, `"000000000000"`},
		{`{"Ref": "AWS::StackName"}`, `"platform-second"`},
		{`{"Ref": "Size"}`, `"small"`},
		{`{"Ref": "Queue"}`, `"platform-second-Queue"`},
		{`{"Ref": "Made"}`, `"made-1"`},
		{`{"Fn::GetAtt": ["Made", "Value"]}`, `"yes"`},
		{`{"Fn::GetAtt": "Queue.QueueName"}`, `"jobs"`},
		{`{"Fn::Join": ["", ["a", {"Ref": "AWS::Region"}, 7, true]]}`, `"aus-east-17true"`},
		{`{"Fn::Sub": "${AWS::Region}.${Made.Value}.${!Literal}.${Queue}"}`, `"us-east-1.yes.${Literal}.platform-second-Queue"`},
		{`{"Fn::Sub": ["${X} ${AWS::Partition}", {"X": {"Ref": "Size"}}]}`, `"small aws"`},
		{`{"Fn::Select": [1, {"Fn::Split": [":", "a:b:c"]}]}`, `"b"`},
		{`{"Fn::Select": ["0", {"Fn::GetAZs": ""}]}`, `"us-east-1a"`},
		{`{"Fn::ImportValue": "platform-first:Arn"}`, `"` + arn + `"`},
		{`{"Fn::GetStackOutput": {"StackName": "platform-first", "Region": {"Ref": "AWS::Region"}, "OutputName": "Name"}}`, `"platform-us-east-1"`},
		{`{"Fn::If": ["Here", 1, {"Fn::Unknown": []}]}`, `1`},
		{`{"Fn::If": ["There", 1, 2]}`, `2`},
		{`{"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Fn::If": ["There", 2, {"Ref": "AWS::NoValue"}]}]}`, `{"b": [1]}`},
		{`{"Ref": "not a call", "because": "of two keys"}`, `{"Ref": "not a call", "because": "of two keys"}`},
	} {
		t.Run(c.expression, func(t *testing.T) {
			var expression any
			require.NoError(t, strict([]byte(c.expression), &expression))
			value, err := twoStacksScope(t).resolve("here", expression)
			require.NoError(t, err)
			got, err := json.Marshal(value)
			require.NoError(t, err)
			require.JSONEq(t, c.want, string(got))
		})
	}
}

func TestWhatCannotBeResolvedIsAnErrorWithItsPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ expression, want string }{
		{`{"a": [{"Fn::Base64": "x"}]}`, "here.a[0]: replay does not know the intrinsic function Fn::Base64"},
		{`{"Fn::Join": ["", ["x", {"Fn::Cidr": []}]]}`, "here.Fn::Join[1][1]: replay does not know the intrinsic function Fn::Cidr"},
		{`{"Ref": "AWS::Nobody"}`, "here.Ref: replay does not know the pseudo parameter AWS::Nobody"},
		{`{"Ref": "Nobody"}`, "here.Ref: second has neither a resource nor a parameter Nobody"},
		{`{"Ref": "Version"}`, "has no value that replay could know"},
		{`{"Ref": "Unmade"}`, "second/Unmade does not exist yet"},
		{`{"Fn::GetAtt": ["Made", "Other"]}`, "the handler answered no Other for second/Made"},
		{`{"Fn::GetAtt": ["Queue", "QueueUrl"]}`, "replay knows no value for QueueUrl of second/Queue (AWS::SQS::Queue): give one for second/Queue.QueueUrl"},
		{`{"Fn::Sub": "${Nobody}"}`, "here.Fn::Sub.Nobody.Ref: second has neither"},
		{`{"Fn::Select": [3, ["a"]]}`, "no item 3 in [a]"},
		{`{"Fn::ImportValue": "nothing"}`, "no stack exports nothing"},
		{`{"Fn::GetStackOutput": {"StackName": "platform-third", "OutputName": "Name"}}`, `no stack is named "platform-third"`},
		{`{"Fn::GetStackOutput": {"StackName": "platform-first", "Region": "eu-west-1", "OutputName": "Name"}}`, "looks for stack platform-first in eu-west-1, but it is in us-east-1"},
		{`{"Fn::GetStackOutput": {"StackName": "platform-first", "RoleArn": "x", "OutputName": "Name"}}`, "replay does not know its argument RoleArn"},
		{`{"Fn::If": ["Nowhere", 1, 2]}`, "second has no condition Nowhere"},
	} {
		t.Run(c.expression, func(t *testing.T) {
			var expression any
			require.NoError(t, strict([]byte(c.expression), &expression))
			_, err := twoStacksScope(t).resolve("here", expression)
			require.ErrorContains(t, err, c.want)
			require.False(t, errors.Is(err, errNoValue))
		})
	}
}

func TestPropertiesReachTheHandlerAsTexts(t *testing.T) {
	t.Parallel()
	var value any
	require.NoError(t, strict([]byte(`{"Wait": true, "TimeoutSeconds": 600, "List": [1.0, "x"]}`), &value))
	texts, err := asStrings("here", value)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"Wait": "true", "TimeoutSeconds": "600", "List": []any{"1.0", "x"}}, texts)
	_, err = asStrings("here", map[string]any{"a": nil})
	require.ErrorContains(t, err, "here.a: want a text, a number or a boolean")
}
