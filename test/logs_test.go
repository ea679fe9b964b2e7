package test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gitops-eks/stacks/config"
)

// keeping says what settings say about the data of a stack.
func keeping(a *assembly, s *template) (config.RemovalPolicy, int) {
	for _, e := range a.platform.Environments {
		for _, kind := range []string{"network", "cluster", "gitops"} {
			if s.name == e.Name+"-"+kind {
				return e.RemovalPolicy, e.LogRetentionDays
			}
		}
	}
	return a.platform.Delivery.RemovalPolicy, a.platform.Delivery.LogRetentionDays
}

// No log is kept for ever, and none outlives its stack unless settings say so.
func TestLogGroupsFollowSettings(t *testing.T) {
	eachStack(t, "", func(t *testing.T, a *assembly, s *template) {
		policy, days := keeping(a, s)
		for _, group := range append(s.all("AWS::Logs::LogGroup"), s.all("Custom::LogGroup")...) {
			require.EqualValues(t, days, group.get("RetentionInDays"), group.path)
			require.Equal(t, deletionPolicy[policy], group.deletion(), group.path)
		}
	})
}

// Lambda makes a log group for a function that names none: without retention,
// and nobody's.
func TestFunctionsLogToAnOwnedGroup(t *testing.T) {
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		for _, function := range s.all("AWS::Lambda::Function") {
			requireGroup(t, s, function, function.get("LoggingConfig", "LogGroup"))
		}
	})
}

func TestBuildsLogToAnOwnedGroup(t *testing.T) {
	eachApp(t, func(t *testing.T, _ *assembly, s *template, _ config.App) {
		for _, project := range s.all("AWS::CodeBuild::Project") {
			require.Equal(t, "ENABLED", project.get("LogsConfig", "CloudWatchLogs", "Status"), project.path)
			requireGroup(t, s, project, project.get("LogsConfig", "CloudWatchLogs", "GroupName"))
		}
	})
}

func requireGroup(t *testing.T, s *template, r *resource, value any) {
	t.Helper()
	ids := references(value)
	require.Len(t, ids, 1, "%s logs to no group of its stack", r.path)
	require.Equal(t, "AWS::Logs::LogGroup", s.byID(t, ids[0]).kind, r.path)
}

// Each log group is written to: one that is not would hide that the real one is nobody's.
func TestLogGroupsAreUsed(t *testing.T) {
	eachStack(t, "", func(t *testing.T, _ *assembly, s *template) {
		for _, group := range s.all("AWS::Logs::LogGroup") {
			require.Nil(t, group.get("LogGroupName"), "%s: who else can make it, makes the next deployment fail", group.path)
			used := false
			for _, r := range s.resources {
				used = used || refersTo(r.body["Properties"], group)
			}
			require.True(t, used, group.path)
		}
	})
}
