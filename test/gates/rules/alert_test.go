package rules

const (
	topic             = "AWS::SNS::Topic"
	topicPolicy       = "AWS::SNS::TopicPolicy"
	topicSubscription = "AWS::SNS::Subscription"
)

var alertFaults = []fault{
	{"sns-tls", "", topicPolicy, set("PolicyDocument.Statement.0.Effect", "Allow"), "without TLS", topic},
	{"sns-events-publish", "", topicPolicy, set("PolicyDocument.Statement.1.Principal.Service", "event.amazonaws.com"), "does not let it", topic},
	{"sns-events-publish", "", topicPolicy, drop, "does not let it", topic},
	{"sns-subscription", "prod-like", topicSubscription, set("Endpoint", "ops"), "want an e-mail address", ""},
	{"sns-subscription", "prod-like", topicSubscription, set("Protocol", "mail"), `no protocol "mail"`, ""},
	{"sns-subscription", "prod-like", topicSubscription, set("Protocol", "http"), "in the clear", ""},
	{"sns-subscription", "prod-like", topicSubscription, refTo("TopicArn", bucket, "", "Arn"), "want a topic", ""},
	{"sqs-encryption", "", "AWS::EC2::EIP", both(become("AWS::SQS::Queue"), set("SqsManagedSseEnabled", false)), "not encrypted", ""},
}
