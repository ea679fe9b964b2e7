package constructs

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// codecommit stands in for CodeCommit with the branch main, and what else it
// has already. It writes down what it was asked to make.
func codecommit(has string) string {
	return `
		const has = ` + has + `;
		const exists = (name) => Object.assign(new Error(name), { name });
		const answers = {
			GetBranch: ({ branchName }) => { if (branchName !== 'main') throw exists('BranchDoesNotExistException'); return { branch: { commitId: 'c1' } }; },
			CreateBranch: ({ branchName, commitId }) => { if (has.branches?.includes(branchName)) throw exists('BranchNameExistsException'); console.log('made', branchName, commitId); },
			CreateApprovalRuleTemplate: ({ approvalRuleTemplateName: name, approvalRuleTemplateContent: content }) => {
				if (has.rules?.includes(name)) throw exists('ApprovalRuleTemplateNameAlreadyExistsException');
				rules[name] = content;
			},
			UpdateApprovalRuleTemplateContent: ({ approvalRuleTemplateName: name, newRuleContent: content }) => { rules[name] = content; },
			AssociateApprovalRuleTemplateWithRepository: ({ approvalRuleTemplateName: name, repositoryName }) => {
				const { DestinationReferences: refs, Statements: [one] } = JSON.parse(rules[name]);
				if (refs[0] !== 'refs/heads/release' || one.NumberOfApprovalsNeeded !== 1) throw new Error(rules[name]);
				if (repositoryName !== 'platform-config') throw new Error(repositoryName);
			},
			DeleteApprovalRuleTemplate: ({ approvalRuleTemplateName: name }) => { if (name !== 'platform-config-pull-requests') throw new Error(name); },
		};
		const rules = {};
		for (const name of Object.keys(answers)) exports[name + 'Command'] = class { constructor(input) { this.run = () => answers[name](input); } };
		exports.CodeCommitClient = class { async send(command) { return command.run() ?? {}; } };`
}

func branchCall(kind, from string) call {
	return call{RequestType: kind, ResourceType: "Custom::Branch", ResourceProperties: map[string]any{
		"RepositoryName": "platform-config", "BranchName": "release", "From": from,
	}}
}

func TestABranchIsMadeOnce(t *testing.T) {
	for _, has := range []string{`{}`, `{ branches: ['release'] }`} {
		r := runHandler(t, branchHandler, "client-codecommit", codecommit(has), branchCall("Create", "main"))
		require.Equal(t, reply{Status: "SUCCESS", PhysicalResourceID: "platform-config/release"}, r, has)
	}
	r := runHandler(t, branchHandler, "client-codecommit", codecommit(`{}`), branchCall("Create", "trunk"))
	require.Equal(t, "FAILED", r.Status)
	require.Contains(t, r.Reason, "BranchDoesNotExistException")
}

// What is in Git is not CloudFormation's to remove.
func TestABranchStays(t *testing.T) {
	gone := branchCall("Delete", "main")
	gone.PhysicalResourceID = "platform-config/release"
	r := runHandler(t, branchHandler, "client-codecommit", `exports.CodeCommitClient = class { send() { throw new Error('asked'); } };`, gone)
	require.Equal(t, "SUCCESS", r.Status, r.Reason)
}

func TestPullRequestsNeedAnApproval(t *testing.T) {
	for _, has := range []string{`{}`, `{ rules: ['platform-config-pull-requests'] }`} {
		for _, kind := range []string{"Create", "Delete"} {
			event := call{RequestType: kind, ResourceType: "Custom::ApprovalRuleTemplate", ResourceProperties: map[string]any{
				"RepositoryName": "platform-config", "Branches": []string{"release"}, "Approvals": "1",
			}}
			if kind == "Delete" {
				event.PhysicalResourceID = "platform-config-pull-requests"
			}
			r := runHandler(t, branchHandler, "client-codecommit", codecommit(has), event)
			require.Equal(t, reply{Status: "SUCCESS", PhysicalResourceID: "platform-config-pull-requests"}, r, has)
		}
	}
}
