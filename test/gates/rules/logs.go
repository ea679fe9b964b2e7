package rules

import (
	"slices"

	"gitops-eks/test/gates/assembly"
)

// logRules are about CloudWatch log groups.
var logRules = []rule{
	{"log-retention", each(retention, "AWS::Logs::LogGroup", "Custom::LogGroup")},
	{"log-group-declared", each(declaredGroup, "AWS::Lambda::Function", "AWS::CodeBuild::Project")},
}

// retentions are the days that CloudWatch Logs takes.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentions = []float64{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func retention(v *review, r *assembly.Resource) {
	days, ok := number(r.Get("RetentionInDays"))
	switch {
	case !ok:
		v.wrong(r, "set RetentionInDays", "RetentionInDays is not set: the log never expires")
	case !slices.Contains(retentions, days):
		v.wrong(r, "use one such as 30, 90 or 365", "RetentionInDays is %v, CloudWatch Logs takes %v", days, retentions)
	}
}

// declaredGroup wants what logs to log into a group of the stack: AWS makes
// others itself, without retention, and leaves them behind.
func declaredGroup(v *review, r *assembly.Resource) {
	value, property := r.Get("LoggingConfig", "LogGroup"), "LoggingConfig.LogGroup"
	if r.Type == "AWS::CodeBuild::Project" {
		value, property = r.Get("LogsConfig", "CloudWatchLogs", "GroupName"), "LogsConfig.CloudWatchLogs.GroupName"
	}
	if group := v.target(r.Stack, value); group != nil && group.Type == "AWS::Logs::LogGroup" {
		return
	}
	name := v.text(r.Stack, value)
	if name == "" && r.Type == "AWS::Lambda::Function" {
		name = "/aws/lambda/" + v.named(r.Stack, r.LogicalID)
	}
	for _, group := range r.Stack.All("AWS::Logs::LogGroup") {
		if group.Get("LogGroupName") != nil && v.text(r.Stack, group.Get("LogGroupName")) == name {
			return
		}
	}
	v.wrong(r, "refer to an AWS::Logs::LogGroup of the stack", "%s is %s, want a declared log group: AWS makes another one, which never expires",
		property, shown(v.text(r.Stack, value)))
}
