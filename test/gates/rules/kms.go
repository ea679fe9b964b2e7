package rules

import (
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// keyRules are about KMS keys.
var keyRules = []rule{
	{"kms-key-policy", each(keyPolicy, "AWS::KMS::Key")},
	{"kms-pending-window", each(pendingWindow, "AWS::KMS::Key")},
	{"kms-alias", each(alias, "AWS::KMS::Alias")},
	{"kms-alias-missing", each(aliasMissing, "AWS::KMS::Key")},
	{"kms-reference", keyReferences},
	{"kms-key-events", each(keyForEvents, "AWS::SNS::Topic")},
}

// keyPolicy wants the account to administer its key: without, nobody can ever change it.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
func keyPolicy(v *review, r *assembly.Resource) {
	if r.Get("KeyPolicy") == nil {
		return // AWS's default says the same
	}
	for _, statement := range statementsIn(r.Get("KeyPolicy")) {
		if resource := v.text(r.Stack, at(statement, "Resource")); resource != "*" {
			v.wrong(r, `set Resource to "*"`, "a statement of the key policy has the Resource %s; there, \"*\" means this key", shown(resource))
		}
	}
	for _, statement := range statementsIn(r.Get("KeyPolicy")) {
		for _, principal := range v.texts(r.Stack, at(statement, "Principal", "AWS")) {
			if v.allows(statement, "kms:PutKeyPolicy") && strings.HasSuffix(principal, ":root") && strings.Contains(principal, ":"+v.named(r.Stack, "AWS::AccountId")+":") {
				return
			}
		}
	}
	v.wrong(r, "allow kms:* to arn:aws:iam::<account>:root", "the key policy gives the stack's account no administration: the key could never be changed or deleted")
}

func pendingWindow(v *review, r *assembly.Resource) {
	if days, ok := number(r.Get("PendingWindowInDays")); ok && (days < 7 || days > 30) {
		v.wrong(r, "use 7 to 30", "PendingWindowInDays is %v, KMS takes 7 to 30", days)
	}
}

func alias(v *review, r *assembly.Resource) {
	name := v.text(r.Stack, r.Get("AliasName"))
	if !strings.HasPrefix(name, "alias/") || strings.HasPrefix(name, "alias/aws/") {
		v.wrong(r, "use alias/<name>, where the name does not start with aws/", "AliasName is %s", shown(name))
	}
	if key := v.target(r.Stack, r.Get("TargetKeyId")); key == nil || key.Type != "AWS::KMS::Key" {
		v.wrong(r, "refer to the key", "TargetKeyId is %s, want a key of the stack", shown(v.text(r.Stack, r.Get("TargetKeyId"))))
	}
}

// aliasMissing wants a key to be found by name, by those who encrypt for Git.
func aliasMissing(v *review, r *assembly.Resource) {
	for _, a := range v.assembly.All("AWS::KMS::Alias") {
		if v.target(a.Stack, a.Get("TargetKeyId")) == r {
			return
		}
	}
	v.wrong(r, "add an AWS::KMS::Alias alias/<name>-<environment>", "the key has no alias: people and tools find it by its random id alone")
}

// keyProperties are where resources name the key that encrypts them. An empty
// value is allowed where AWS's own key is enough.
var keyProperties = []struct {
	kind   string
	path   []string
	needed bool
}{
	{kind: "AWS::ECR::Repository", path: []string{"EncryptionConfiguration", "KmsKey"}, needed: true},
	{kind: "AWS::SNS::Topic", path: []string{"KmsMasterKeyId"}, needed: true},
	{kind: "AWS::CodeBuild::Project", path: []string{"EncryptionKey"}, needed: true},
	{kind: "AWS::CodePipeline::Pipeline", path: []string{"ArtifactStore", "EncryptionKey", "Id"}, needed: true},
	{kind: "AWS::SQS::Queue", path: []string{"KmsMasterKeyId"}},
	{kind: "AWS::Logs::LogGroup", path: []string{"KmsKeyId"}},
	{kind: "AWS::CodeCommit::Repository", path: []string{"KmsKeyId"}},
}

// keyReferences wants what is encrypted to name a key that exists.
func keyReferences(v *review) {
	for _, p := range keyProperties {
		for _, r := range v.assembly.All(p.kind) {
			value := at(r.Properties, p.path...)
			property := strings.Join(p.path, ".")
			key, text := v.target(r.Stack, value), v.text(r.Stack, value)
			switch {
			case value == nil && p.needed:
				v.wrong(r, "set "+property+" to the key of the stack", "%s is not set: it is not encrypted with the platform's key", property)
			case value == nil:
			case key != nil && key.Type != "AWS::KMS::Key" && key.Type != "AWS::KMS::Alias":
				v.wrong(r, "refer to a key", "%s refers to %s, which is an %s", property, key.LogicalID, key.Type)
			case key == nil && p.needed && strings.HasPrefix(text, "alias/aws/"):
				v.wrong(r, "set "+property+" to the key of the stack", "%s is AWS's own key %s, whose policy cannot let other services in", property, text)
			}
		}
	}
}

// keyForEvents wants EventBridge to be able to encrypt what it publishes to the
// topic: without, alerts are lost without a trace.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
func keyForEvents(v *review, r *assembly.Resource) {
	key := v.target(r.Stack, r.Get("KmsMasterKeyId"))
	if key == nil || key.Type != "AWS::KMS::Key" || !v.targetOfEvents(r) {
		return
	}
	for _, statement := range statementsIn(key.Get("KeyPolicy")) {
		if slices.Contains(v.texts(key.Stack, at(statement, "Principal", "Service")), "events.amazonaws.com") &&
			v.allows(statement, "kms:Decrypt") && v.allows(statement, "kms:GenerateDataKey") {
			return
		}
	}
	v.wrong(key, "allow kms:Decrypt and kms:GenerateDataKey* to events.amazonaws.com",
		"EventBridge may not use the key of the topic %s: alerts are lost without a trace", r.LogicalID)
}

// targetOfEvents says whether an event rule sends to the resource.
func (v *review) targetOfEvents(r *assembly.Resource) bool {
	return slices.ContainsFunc(v.assembly.All("AWS::Events::Rule"), func(rule *assembly.Resource) bool {
		return slices.ContainsFunc(assembly.List(rule.Get("Targets")), func(target any) bool {
			return v.target(rule.Stack, at(target, "Arn")) == r
		})
	})
}
