package validate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
	"gitops-eks/test/gates/finding"
)

// eventFields are those that every event has.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
var eventFields = []string{"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail", "replay-name", "$or"}

// eventDetails are the kinds of events that the sources of the platform send.
var eventDetails = map[string][]string{
	"aws.codecommit":   {"CodeCommit Repository State Change", "CodeCommit Pull Request State Change", "CodeCommit Comment on Commit", "CodeCommit Comment on Pull Request", "CodeCommit Approval Rule Template Change"},
	"aws.codepipeline": {"CodePipeline Pipeline Execution State Change", "CodePipeline Stage Execution State Change", "CodePipeline Action Execution State Change"},
	"aws.codebuild":    {"CodeBuild Build State Change", "CodeBuild Build Phase Change"},
	"aws.ecr":          {"ECR Image Action", "ECR Image Scan", "ECR Pull Through Cache Action", "ECR Replication Action", "ECR Referrer Action"},
}

// maxTargets of a rule: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
const maxTargets = 5

// events checks rules of EventBridge: a pattern that matches no event is
// accepted and never fires.
func events(a *assembly.Assembly) (found []finding.Finding) {
	for _, r := range a.All("AWS::Events::Rule") {
		add := func(problem, fix string) { found = append(found, at(r, "event-rule", problem, fix)) }
		pattern, problem := eventPattern(r.Get("EventPattern"))
		if problem != "" {
			add(problem, "write the pattern as an object: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html")
		}
		for _, field := range slices.Sorted(maps.Keys(pattern)) {
			if !slices.Contains(eventFields, field) {
				add(fmt.Sprintf("EventPattern asks for %q, which no event has; allowed are %s", field, strings.Join(eventFields, ", ")), "name the field as events have it")
			}
		}
		walk(pattern, "", func(where string, value any) {
			if text, ok := value.(string); ok && !strings.Contains(where, "[") {
				add(fmt.Sprintf("%s of EventPattern is the text %q, want a list", where, text), "put it into a list")
			}
		})
		for _, source := range assembly.List(pattern["source"]) {
			name, _ := source.(string)
			known := eventDetails[name]
			for _, kind := range assembly.List(pattern["detail-type"]) {
				if text, ok := kind.(string); ok && known != nil && !slices.Contains(known, text) {
					add(fmt.Sprintf("EventPattern waits for %q of %s, which sends %s", text, name, strings.Join(known, ", ")), "name an event that the source sends")
				}
			}
		}
		targets := assembly.List(r.Get("Targets"))
		if len(targets) == 0 {
			add("the rule has no target: it would do nothing", "add a target")
		}
		if len(targets) > maxTargets {
			add(fmt.Sprintf("the rule has %d targets, at most %d are allowed", len(targets), maxTargets), "make another rule")
		}
		seen := map[any]bool{}
		for _, target := range targets {
			object, _ := target.(map[string]any)
			if id, ok := object["Id"].(string); ok && seen[id] {
				add(fmt.Sprintf("two targets have the Id %q", id), "give each its own")
			} else {
				seen[id] = true
			}
		}
	}
	return found
}

func eventPattern(value any) (pattern map[string]any, problem string) {
	switch value := value.(type) {
	case string:
		if err := json.Unmarshal([]byte(value), &pattern); err != nil {
			return nil, fmt.Sprintf("EventPattern is no JSON object: %v", err)
		}
		return pattern, ""
	case map[string]any:
		return value, ""
	}
	return nil, ""
}

// notifications checks subscriptions: an endpoint that does not fit its
// protocol is refused, or never reached.
func notifications(a *assembly.Assembly) (found []finding.Finding) {
	for _, r := range a.All("AWS::SNS::Subscription") {
		protocol, _ := r.Get("Protocol").(string)
		endpoint, literal := r.Get("Endpoint").(string)
		want, ok := "", true
		switch protocol {
		case "email", "email-json":
			want, ok = "an e-mail address", email(endpoint)
		case "http", "https":
			want, ok = "a URL with "+protocol+"://", strings.HasPrefix(endpoint, protocol+"://")
		case "lambda", "sqs", "firehose", "application":
			want, ok = "an ARN", strings.HasPrefix(endpoint, "arn:")
		}
		if literal && !ok {
			found = append(found, at(r, "subscription", fmt.Sprintf("Endpoint is %q, but the protocol %s wants %s", endpoint, protocol, want), "set the endpoint, or another protocol"))
		}
	}
	return found
}
