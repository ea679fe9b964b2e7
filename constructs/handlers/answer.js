// Calls handle(event), which the file below defines, and answers CloudFormation whatever happens:
// without an answer it waits until the service timeout.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
const https = require('node:https');

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

// A role that was made a moment ago is refused until IAM has told everyone.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
async function patiently(attempt) {
  for (let left = 6; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || !/AccessDenied|UnauthorizedOperation/.test(error.name)) throw error;
      await pause(5);
    }
  }
}

function send(url, body) {
  return new Promise((done, failed) => {
    const headers = { 'content-type': '', 'content-length': Buffer.byteLength(body) };
    const request = https.request(url, { method: 'PUT', headers }, (response) => {
      response.resume();
      if (response.statusCode < 400) done();
      else failed(new Error(`CloudFormation took the answer with status ${response.statusCode}`));
    });
    request.on('error', failed);
    request.end(body);
  });
}

exports.handler = async (event, context) => {
  let answer;
  try {
    const late = pause(context.getRemainingTimeInMillis() / 1000 - 5).then(() => {
      throw new Error('AWS did not answer in time: deploy again');
    });
    answer = { Status: 'SUCCESS', ...await Promise.race([patiently(() => handle(event)), late]) };
  } catch (error) {
    console.log(error);
    answer = { Status: 'FAILED', Reason: error.message };
  }
  const body = JSON.stringify({
    PhysicalResourceId: event.PhysicalResourceId ?? event.LogicalResourceId,
    ...answer,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
  });
  console.log(body);
  await send(event.ResponseURL, body).catch(() => pause(1).then(() => send(event.ResponseURL, body)));
};
