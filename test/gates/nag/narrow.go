package nag

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// Rules whose names would let one suppression cover different faults.
const (
	anyResource = "AwsSolutions-IAM5[Resource::*]"
	oldRuntime  = "AwsSolutions-L1"
)

// narrow makes a rule as narrow as what is wrong: with the actions that are
// allowed on every resource, with the runtime that is old. Accounts and Regions
// get the names they have in templates that leave them open.
func narrow(r *assembly.Resource, rule string) []string {
	switch rule {
	case anyResource:
		var rules []string
		for _, action := range actionsOnAll(r) {
			rules = append(rules, fmt.Sprintf("%s[Action::%s]", rule, action))
		}
		if len(rules) > 0 {
			return rules
		}
	case oldRuntime:
		return []string{fmt.Sprintf("%s[Runtime::%v]", rule, r.Get("Runtime"))}
	}
	return []string{open(r.Stack, rule)}
}

// imported is a value of another stack, by the name of its export, which
// begins with that stack's name. cdk-nag writes it as a text of the template's.
var imported = regexp.MustCompile(`Resource::[A-Za-z0-9-]+:(ExportsOutput[A-Za-z0-9]+)`)

func open(stack *assembly.Stack, rule string) string {
	rule = imported.ReplaceAllString(rule, "Resource::<$1>")
	replace := []string{"arn:" + stack.Partition() + ":", "arn:<AWS::Partition>:"}
	if stack.Account != "" {
		replace = append(replace, ":"+stack.Account+":", ":<AWS::AccountId>:")
	}
	if stack.Region != "" {
		replace = append(replace, ":"+stack.Region+":", ":<AWS::Region>:")
	}
	for i := 0; i < len(replace); i += 2 { // one after the other: they share colons
		rule = strings.ReplaceAll(rule, replace[i], replace[i+1])
	}
	return rule
}

// actionsOnAll are the actions that the resource's policies allow on "*".
func actionsOnAll(r *assembly.Resource) []string {
	documents := []any{r.Get("PolicyDocument")}
	for _, policy := range assembly.List(r.Get("Policies")) {
		inline, _ := policy.(map[string]any)
		documents = append(documents, inline["PolicyDocument"])
	}
	var actions []string
	for _, document := range documents {
		content, _ := document.(map[string]any)
		for _, statement := range assembly.List(content["Statement"]) {
			s, _ := statement.(map[string]any)
			if s["Effect"] == "Deny" || !slices.Contains(assembly.List(s["Resource"]), any("*")) {
				continue
			}
			for _, action := range assembly.List(s["Action"]) {
				actions = append(actions, fmt.Sprint(action))
			}
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}
