package constructs

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// cloudWatch stands in for CloudWatch Logs, where the group is there or not.
func cloudWatch(there string) string {
	return `
		const failed = (name) => { throw Object.assign(new Error(name), { name }); };
		let there = ` + there + `;
		const command = (act) => class { constructor(input) { this.run = () => act(input); } };
		exports.CreateLogGroupCommand = command(() => { if (there) failed('ResourceAlreadyExistsException'); there = true; });
		exports.DeleteLogGroupCommand = command(() => { if (!there) failed('ResourceNotFoundException'); there = false; });
		exports.PutRetentionPolicyCommand = command(({ retentionInDays }) => {
			if (!there) failed('ResourceNotFoundException');
			if (retentionInDays !== 90) failed('InvalidParameterException');
		});
		exports.CloudWatchLogsClient = class { async send(command) { command.run(); } };`
}

func TestServiceLogGroup(t *testing.T) {
	ask := func(kind, id string, days any, there string) reply {
		return runHandler(t, logGroupHandler, "client-cloudwatch-logs", cloudWatch(there), call{
			RequestType: kind, PhysicalResourceID: id,
			ResourceProperties: map[string]any{"LogGroupName": "/aws/eks/platform-dev/cluster", "RetentionInDays": days},
		})
	}
	const name = "/aws/eks/platform-dev/cluster"
	for _, there := range []string{"false", "true"} {
		require.Equal(t, reply{Status: "SUCCESS", PhysicalResourceID: name}, ask("Create", "", "90", there), "created although it is there: %s", there)
		require.Equal(t, reply{Status: "SUCCESS", PhysicalResourceID: name}, ask("Update", name, "90", there), there)
		require.Equal(t, reply{Status: "SUCCESS", PhysicalResourceID: name}, ask("Delete", name, "90", there), there)
	}
	require.Equal(t, reply{Status: "FAILED", Reason: "InvalidParameterException", PhysicalResourceID: "Thing"}, ask("Create", "", "91", "false"))
	require.Equal(t, "SUCCESS", ask("Delete", "Thing", "91", "false").Status, "of a failed creation")
}
