// The rules of cdk-preflight: what deployments were refused for although the
// template matches its schemas. https://github.com/badmintoncryer/cdk-preflight
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import validate from "@aws/cloudformation-validate";
import { BUNDLED_LIBS, BUNDLED_RULES } from "cdk-preflight/lib/rules.generated.js";

const engines = new Map(); // by account and Region

// The types of resources in all templates beside the file.
function resourceTypes(file) {
  const folder = dirname(file);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".template.json"))
    .flatMap((name) => Object.values(JSON.parse(readFileSync(join(folder, name))).Resources ?? {}))
    .map((resource) => resource.Type);
}

// To compile a rule takes longer than to ask it, so only those are compiled
// that can say something about the assembly.
function engineFor({ file, account, region }) {
  const key = `${account}/${region}`;
  const types = resourceTypes(file);
  const known = engines.get(key);
  if (known && types.every((type) => known.types.has(type))) return known.engine;

  const all = new Set([...types, ...(known?.types ?? [])]);
  const rules = BUNDLED_RULES.filter(({ resourceTypes: of }) => of.includes("*") || of.some((type) => all.has(type)));
  // The package's rules ask for the place of the deployment under these names,
  // and skip what they cannot decide without it.
  const place = ["package cdk_preflight", "import rego.v1"];
  if (region) place.push(`deploy_region := ${JSON.stringify(region)}`);
  if (account) place.push(`deploy_account := ${JSON.stringify(account)}`);
  const customRules = [
    ...BUNDLED_LIBS.map(({ name, rego }) => ({ name, content: rego })),
    ...rules.map(({ id, rego }) => ({ name: id, content: rego })),
    { name: "place", content: place.join("\n") },
  ];
  const engine = new validate.RegoEngine({ customRules });
  known?.engine.free?.();
  engines.set(key, { types: all, engine });
  return engine;
}

// preflight is what the rules say of a template.
export function preflight(question, template, options) {
  const report = engineFor(question).validateDetailed(template, { ...options, disableBuiltinRules: true });
  return { status: report.status, diagnostics: report.diagnostics };
}
