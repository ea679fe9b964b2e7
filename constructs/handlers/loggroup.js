
const {
  CloudWatchLogsClient, CreateLogGroupCommand, DeleteLogGroupCommand, PutRetentionPolicyCommand,
} = require('@aws-sdk/client-cloudwatch-logs');

const unless = (name) => (error) => {
  if (error.name !== name) throw error;
};

// The group may be there already: its service makes it, too.
async function handle(event) {
  const logs = new CloudWatchLogsClient();
  const { LogGroupName: logGroupName, RetentionInDays } = event.ResourceProperties;
  if (event.RequestType === 'Delete') {
    await pause(60); // the service hands in what it still has
    await logs.send(new DeleteLogGroupCommand({ logGroupName })).catch(unless('ResourceNotFoundException'));
    return {};
  }
  await logs.send(new CreateLogGroupCommand({ logGroupName })).catch(unless('ResourceAlreadyExistsException'));
  await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: Number(RetentionInDays) }));
  return { PhysicalResourceId: logGroupName };
}
