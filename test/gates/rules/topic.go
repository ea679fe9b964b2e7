package rules

import (
	"net/mail"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// topicRules are about alerts by SNS, and queues.
var topicRules = []rule{
	{"sns-tls", each(topicTLS, "AWS::SNS::Topic")},
	{"sns-events-publish", each(topicForEvents, "AWS::SNS::Topic")},
	{"sns-subscription", each(subscription, "AWS::SNS::Subscription")},
	{"sqs-encryption", each(queue, "AWS::SQS::Queue")},
}

// topicStatements are those of the topic's policies.
func (v *review) topicStatements(topic *assembly.Resource) []any {
	var found []any
	for _, policy := range v.assembly.All("AWS::SNS::TopicPolicy") {
		if slices.ContainsFunc(assembly.List(policy.Get("Topics")), func(t any) bool { return v.target(policy.Stack, t) == topic }) {
			for _, statement := range statementsIn(policy.Get("PolicyDocument")) {
				if v.target(policy.Stack, at(statement, "Resource")) == topic {
					found = append(found, statement)
				}
			}
		}
	}
	return found
}

func topicTLS(v *review, r *assembly.Resource) {
	for _, statement := range v.topicStatements(r) {
		if at(statement, "Effect") == "Deny" && v.text(r.Stack, at(statement, "Condition", "Bool", "aws:SecureTransport")) == "false" &&
			slices.Contains(v.texts(r.Stack, at(statement, "Action")), "sns:Publish") {
			return
		}
	}
	v.wrong(r, "set EnforceSSL on the topic's construct", "its policy does not deny messages that come without TLS")
}

func topicForEvents(v *review, r *assembly.Resource) {
	if !v.targetOfEvents(r) {
		return
	}
	for _, statement := range v.topicStatements(r) {
		if v.allows(statement, "sns:Publish") && slices.Contains(v.texts(r.Stack, at(statement, "Principal", "Service")), "events.amazonaws.com") {
			return
		}
	}
	v.wrong(r, "allow sns:Publish to events.amazonaws.com on the topic", "EventBridge sends alerts to the topic, and its policy does not let it")
}

func subscription(v *review, r *assembly.Resource) {
	if topic := v.target(r.Stack, r.Get("TopicArn")); topic == nil || topic.Type != "AWS::SNS::Topic" {
		v.wrong(r, "refer to the topic", "TopicArn is %s, want a topic of the stack", shown(v.text(r.Stack, r.Get("TopicArn"))))
	}
	protocol, endpoint := v.text(r.Stack, r.Get("Protocol")), v.text(r.Stack, r.Get("Endpoint"))
	switch protocol {
	case "email", "email-json":
		if address, err := mail.ParseAddress(endpoint); err != nil || address.Address != endpoint || !strings.Contains(endpoint, ".") {
			v.wrong(r, "write an address such as ops@example.com", "Endpoint is %s, want an e-mail address", shown(endpoint))
		}
	case "https":
		if !strings.HasPrefix(endpoint, "https://") {
			v.wrong(r, "write an https:// URL", "Endpoint is %s, want an https:// URL", shown(endpoint))
		}
	case "http":
		v.wrong(r, "use https", "alerts would go over HTTP, in the clear")
	case "sqs", "lambda", "firehose", "sms", "application":
	default:
		v.wrong(r, "use email, https, sqs or lambda", "SNS has no protocol %s", shown(protocol))
	}
}

func queue(v *review, r *assembly.Resource) {
	if r.Get("SqsManagedSseEnabled") == false && r.Get("KmsMasterKeyId") == nil {
		v.wrong(r, "set KmsMasterKeyId, or SqsManagedSseEnabled to true", "the queue is not encrypted")
	}
}
