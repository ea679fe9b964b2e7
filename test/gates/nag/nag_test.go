package nag

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
	"gitops-eks/test/gates/gatetest"
	"gitops-eks/test/gates/nag/report"
)

type object = map[string]any

// edited is the default platform with an edit of one resource's properties.
func edited(t *testing.T, a *assembly.Assembly, stack, kind, path string, edit func(body, properties object)) *assembly.Assembly {
	t.Helper()
	return gatetest.Mutated(t, a, stack, func(template object) {
		body := gatetest.Resource(t, template, kind, path)
		edit(body, body["Properties"].(object))
	})
}

func TestFaultsAreFound(t *testing.T) {
	a := gatetest.Synth(t, "default")
	a = edited(t, a, "delivery", "AWS::S3::Bucket", "Artifacts/Bucket", func(body, p object) {
		delete(p, "LoggingConfiguration")
		// A suppression in a template has no say.
		body["Metadata"].(object)["cdk_nag"] = object{"rules_to_suppress": []any{object{"id": "AwsSolutions-S1", "reason": "none at all"}}}
	})
	a = edited(t, a, "app-hello", "AWS::IAM::Policy", "Pipeline/Role/DefaultPolicy", func(_, p object) {
		statements := p["PolicyDocument"].(object)["Statement"].([]any)
		statements[1].(object)["Resource"] = "*"
	})
	a = edited(t, a, "dev-cluster", "AWS::Lambda::Function", "KubectlProvider/Handler", func(_, p object) { p["Runtime"] = "python3.9" })
	a = edited(t, a, "dev-network", "AWS::EC2::VPC", "", func(body, _ object) {
		body["Type"], body["Properties"] = "AWS::EC2::SecurityGroup", object{
			"GroupDescription":     "open",
			"SecurityGroupIngress": []any{object{"IpProtocol": "tcp", "CidrIp": "0.0.0.0/0"}},
		}
	})
	found := gatetest.Run(t, New(), a)

	for _, want := range []struct{ stack, path, rule, words string }{
		{"delivery", "delivery/Artifacts/Bucket/Resource", "AwsSolutions-S1", "server access logs disabled"},
		{"app-hello", "app-hello/Delivery/Pipeline/Role/DefaultPolicy/Resource", "AwsSolutions-IAM5[Resource::*][Action::kms:Decrypt]", "wildcard permissions"},
		{"dev-cluster", "dev-cluster/Cluster/Cluster/KubectlProvider/Handler/Resource", "AwsSolutions-L1[Runtime::python3.9]", "latest runtime version"},
		{"dev-network", "dev-network/Network/Vpc/Resource", "AwsSolutions-EC23", "0.0.0.0/0"},
	} {
		t.Run(want.rule, func(t *testing.T) {
			f := named(t, found, want.rule, want.path)
			require.Equal(t, want.stack, f.Stack)
			require.Equal(t, want.path, a.Stack(f.Stack).Resources[f.LogicalID].Path)
			require.Contains(t, f.Problem, want.words)
			require.Equal(t, finding.Error, f.Severity)
			require.NotEmpty(t, f.Fix)
			require.NotContains(t, f.Fix, "appliesTo", "suppressions have a file")
		})
	}
}

func named(t *testing.T, found []finding.Finding, rule, path string) finding.Finding {
	t.Helper()
	var rules []string
	for _, f := range found {
		if f.Rule == rule && f.Path == path {
			return f
		}
		rules = append(rules, f.Path+" "+f.Rule)
	}
	require.Failf(t, "not found", "%s %s is not among %v", path, rule, rules)
	return finding.Finding{}
}

// A rule that cannot be evaluated is said, and a resource that cannot be loaded
// is a finding that does not hide those of the others.
func TestWhatCannotBeLookedAt(t *testing.T) {
	a := gatetest.Synth(t, "isolated")
	a = edited(t, a, "dev-network", "AWS::EC2::SecurityGroup", "", func(_, p object) {
		p["SecurityGroupIngress"] = []any{object{"IpProtocol": "tcp", "CidrIp": object{"Ref": "BootstrapVersion"}}}
	})
	a = edited(t, a, "dev-gitops", "AWS::IAM::Role", "", func(_, p object) { p["ManagedPolicyArns"] = object{"not": "a list"} })
	found := gatetest.Run(t, New(), a)

	var notes, loads, others []finding.Finding
	for _, f := range found {
		switch {
		case f.Severity == finding.Note:
			notes = append(notes, f)
		case f.Rule == "load":
			loads = append(loads, f)
		case f.Stack == "dev-gitops":
			others = append(others, f)
		}
	}
	require.Len(t, loads, 1)
	require.Equal(t, "dev-gitops", loads[0].Stack)
	require.Equal(t, []any{object{"not": "a list"}}, []any{a.Stack("dev-gitops").Resources[loads[0].LogicalID].Get("ManagedPolicyArns")})
	require.Contains(t, loads[0].Problem, `the CDK cannot load the resource of type "AWS::IAM::Role": `)
	require.Contains(t, loads[0].Problem, "managedPolicyArns")
	require.NotEmpty(t, others, "the stack's other resources are looked at")
	require.Len(t, notes, 1)
	require.Equal(t, "AwsSolutions-EC23", notes[0].Rule)
	require.Equal(t, "dev-network", notes[0].Stack)
	require.Contains(t, notes[0].Problem, "could not be evaluated")
}

func TestAnswersThatAreNoPass(t *testing.T) {
	stack := &assembly.Stack{ID: "dev", Resources: map[string]*assembly.Resource{"A": {LogicalID: "A"}}}
	_, err := findings(stack, report.Result{})
	require.EqualError(t, err, "cdk-nag looked at no resource of stack dev")
	_, err = findings(stack, report.Result{Looked: 1, Findings: []report.Finding{{LogicalID: "B"}}})
	require.EqualError(t, err, "cdk-nag names a resource that stack dev does not have: B")
	_, err = findings(stack, report.Result{Error: "no such type\n    at line 1"})
	require.EqualError(t, err, "cdk-nag could not look at stack dev: no such type")
}

func TestRulesAreTheSameInEveryAccount(t *testing.T) {
	stack := &assembly.Stack{Account: "111111111111", Region: "eu-west-1"}
	require.Equal(t,
		[]string{"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:<A>:*]"},
		narrow(&assembly.Resource{Stack: stack}, "AwsSolutions-IAM5[Resource::arn:aws:logs:eu-west-1:111111111111:log-group:<A>:*]"))
}

func TestActionsOnEveryResource(t *testing.T) {
	statement := func(action, resource any) object {
		return object{"Effect": "Allow", "Action": action, "Resource": resource}
	}
	role := &assembly.Resource{Stack: &assembly.Stack{}, Properties: object{"Policies": []any{object{"PolicyDocument": object{
		"Statement": []any{statement("s3:Get", "*"), statement([]any{"s3:Put"}, []any{"arn", "*"}), statement("s3:List", "arn"),
			object{"Effect": "Deny", "Action": "s3:Delete", "Resource": "*"}},
	}}}}}
	require.Equal(t, []string{anyResource + "[Action::s3:Get]", anyResource + "[Action::s3:Put]"}, narrow(role, anyResource))
}
