// Compares two templates the way `cdk diff` does, resource by resource: one
// line in, {"old": template, "new": template}, one line out.
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';

const { fullDiff } = createRequire(import.meta.url)('@aws-cdk/cloudformation-diff');

const targets = ({ not, values }) => ({ not, values });
const statement = (s) => ({
  effect: s.effect,
  actions: targets(s.actions),
  resources: targets(s.resources),
  principals: targets(s.principals),
  condition: s.condition ?? null,
});

// The library sums access up over a template. One resource at a time, each
// statement has an owner that a reviewer can be sent to.
function access(id, change) {
  const part = (body) => ({ Resources: body ? { [id]: body } : {} });
  const { iamChanges: iam, securityGroupChanges: network } = fullDiff(part(change.oldValue), part(change.newValue));
  const rules = (list) => list.map((rule) => rule.toJson());
  return {
    statementsAdded: iam.statements.additions.map(statement),
    statementsRemoved: iam.statements.removals.map(statement),
    policiesAdded: iam.managedPolicies.additions.map((p) => p.managedPolicyArn),
    ingressAdded: rules(network.ingress.additions),
    ingressRemoved: rules(network.ingress.removals),
    egressAdded: rules(network.egress.additions),
    egressRemoved: rules(network.egress.removals),
  };
}

function compare({ old, new: head }) {
  const changes = [];
  fullDiff(old, head).resources.forEachDifference((id, change) => {
    changes.push({
      id,
      impact: change.changeImpact,
      properties: Object.fromEntries(
        Object.entries(change.propertyUpdates).map(([name, update]) => [name, update.changeImpact]),
      ),
      access: access(id, change),
    });
  });
  return changes.sort((a, b) => (a.id < b.id ? -1 : 1));
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { reply: compare(JSON.parse(line)) };
  } catch (error) {
    answer = { error: String(error?.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
