package rules

import (
	"gitops-eks/test/gates/assembly"
)

// unusedRules find the other end of a reference that was lost: what was made to
// be used, and is not.
var unusedRules = []rule{
	{"unused", unused},
}

// parts are types that do nothing by themselves. Not in it: what AWS finds by
// name, and what is the end of a chain, such as a pipeline.
var parts = map[string]string{
	"AWS::EC2::EIP":             "it costs by the hour",
	"AWS::EC2::InternetGateway": "no subnet has a way to the internet through it",
	"AWS::EC2::LaunchTemplate":  "no node has its disks and settings",
	"AWS::EC2::SecurityGroup":   "what it was made for is in another group",
	"AWS::IAM::Role":            "what it was made for has another role, or none",
	"AWS::KMS::Key":             "what it was made for is encrypted with another key, or not at all",
	"AWS::Lambda::LayerVersion": "the function that it was made for lacks its tools",
	"AWS::Lambda::Function":     "nothing calls it",
	"AWS::Logs::LogGroup":       "the log that it was made for goes to another group, which never expires",
	"AWS::SNS::Topic":           "nothing sends to it",
	"AWS::CodeBuild::Project":   "no pipeline runs it",
}

// mere are types whose reference is no use.
var mere = map[string]bool{
	"AWS::KMS::Alias": true, "AWS::IAM::Policy": true, "AWS::SNS::TopicPolicy": true, "AWS::SNS::Subscription": true, "AWS::CDK::Metadata": true,
}

func unused(v *review) {
	used := map[*assembly.Resource]bool{}
	for _, r := range v.assembly.All() {
		if mere[r.Type] {
			continue
		}
		for _, target := range v.targets(r.Stack, r.Properties) {
			if target != r {
				used[target] = true
			}
		}
	}
	for kind, so := range parts {
		for _, r := range v.assembly.All(kind) {
			found := kind == "AWS::Logs::LogGroup" && physicalName(r) != "" || kind == "AWS::IAM::Role" && v.takenFromOutside(r)
			if used[r] || found {
				continue
			}
			v.wrong(r, "refer to it from where it is meant to be used, or remove it", "nothing uses it: %s", so)
		}
	}
}

// takenFromOutside says whether somebody outside the assembly takes the role: a
// workflow with a token, or another account.
func (v *review) takenFromOutside(role *assembly.Resource) bool {
	for _, statement := range statementsIn(role.Get("AssumeRolePolicyDocument")) {
		principal := at(statement, "Principal")
		if at(principal, "Service") == nil && len(v.targets(role.Stack, at(principal, "AWS"))) == 0 {
			return true
		}
	}
	return false
}
