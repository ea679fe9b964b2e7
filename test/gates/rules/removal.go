package rules

import (
	"slices"

	"gitops-eks/test/gates/assembly"
)

// removalRules are about what becomes of data when a stack goes.
var removalRules = []rule{
	{"removal-policy", each(removalPolicy)},
	{"removal-consistent", removalConsistent},
}

// stateful are the types that hold what cannot be made again.
var stateful = []string{
	"AWS::CodeCommit::Repository", "AWS::DynamoDB::Table", "AWS::EC2::Volume", "AWS::ECR::Repository", "AWS::EFS::FileSystem",
	"AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::RDS::DBInstance", "AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::SQS::Queue", "Custom::LogGroup",
}

// removalPolicy wants both policies on what holds data, and the same: what a
// deletion keeps, a replacement must keep, too.
func removalPolicy(v *review, r *assembly.Resource) {
	deletion, replacement := r.Body["DeletionPolicy"], r.Body["UpdateReplacePolicy"]
	if slices.Contains(stateful, r.Type) && (deletion == nil || replacement == nil) {
		v.wrong(r, "set both to the removal policy of the settings", "DeletionPolicy is %v and UpdateReplacePolicy is %v on an %s, want both said outright", orNothing(deletion), orNothing(replacement), r.Type)
		return
	}
	if deletion != replacement && (deletion != "RetainExceptOnCreate" || replacement != "Retain") {
		v.wrong(r, "set both to the same", "DeletionPolicy is %v and UpdateReplacePolicy is %v: a replacement treats data otherwise than a deletion", orNothing(deletion), orNothing(replacement))
	}
	for _, policy := range []any{deletion, replacement} {
		if policy != nil && !slices.Contains([]any{"Delete", "Retain", "Snapshot", "RetainExceptOnCreate"}, policy) {
			v.wrong(r, "use Delete or Retain", "a removal policy is %v, want Delete or Retain", policy)
		}
	}
}

func orNothing(value any) any {
	if value == nil {
		return "nothing"
	}
	return value
}

// removalConsistent wants one policy in a stack: the settings have one for each.
func removalConsistent(v *review) {
	for _, s := range v.assembly.Stacks {
		by := map[any][]*assembly.Resource{}
		for _, r := range s.All(stateful...) {
			by[r.Body["DeletionPolicy"]] = append(by[r.Body["DeletionPolicy"]], r)
		}
		deletes, retains := by["Delete"], slices.Concat(by["Retain"], by["RetainExceptOnCreate"])
		odd, rest := deletes, "retained"
		if len(retains) < len(deletes) {
			odd, rest = retains, "deleted with it"
		}
		if len(deletes) == 0 || len(retains) == 0 {
			continue
		}
		for _, r := range odd {
			v.wrong(r, "set DeletionPolicy and UpdateReplacePolicy to what the rest of the stack has",
				"DeletionPolicy is %v, but most data of the stack is %s", r.Body["DeletionPolicy"], rest)
		}
	}
}
