
const codecommit = require('@aws-sdk/client-codecommit');

const client = new codecommit.CodeCommitClient();
const call = (name, input) => client.send(new codecommit[`${name}Command`](input));

const handle = (event) => (event.ResourceType === 'Custom::Branch' ? branch : approvalRule)(event);

// The branch stays when the resource goes: what is in Git is not CloudFormation's.
async function branch({ RequestType, ResourceProperties: { RepositoryName, BranchName, From } }) {
  if (RequestType === 'Delete') return {};
  const from = await call('GetBranch', { repositoryName: RepositoryName, branchName: From });
  try {
    await call('CreateBranch', { repositoryName: RepositoryName, branchName: BranchName, commitId: from.branch.commitId });
  } catch (error) {
    if (error.name !== 'BranchNameExistsException') throw error;
  }
  return { PhysicalResourceId: `${RepositoryName}/${BranchName}` };
}

// https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-create-template.html
async function approvalRule({ RequestType, PhysicalResourceId, ResourceProperties: { RepositoryName, Branches, Approvals } }) {
  const name = `${RepositoryName}-pull-requests`;
  if (RequestType === 'Delete') {
    await call('DeleteApprovalRuleTemplate', { approvalRuleTemplateName: PhysicalResourceId });
    return {};
  }
  const content = JSON.stringify({
    Version: '2018-11-08',
    DestinationReferences: Branches.map((one) => `refs/heads/${one}`),
    Statements: [{ Type: 'Approvers', NumberOfApprovalsNeeded: Number(Approvals), ApprovalPoolMembers: ['*'] }],
  });
  try {
    await call('CreateApprovalRuleTemplate', { approvalRuleTemplateName: name, approvalRuleTemplateContent: content });
  } catch (error) {
    if (error.name !== 'ApprovalRuleTemplateNameAlreadyExistsException') throw error;
    await call('UpdateApprovalRuleTemplateContent', { approvalRuleTemplateName: name, newRuleContent: content });
  }
  await call('AssociateApprovalRuleTemplateWithRepository', { approvalRuleTemplateName: name, repositoryName: RepositoryName });
  return { PhysicalResourceId: name };
}
