// Answers for the gate "validate": one template a question, with the engine
// that the CDK's own strict validation uses.
// https://github.com/aws-cloudformation/cloudformation-validate
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import validate from "@aws/cloudformation-validate";
import { preflight } from "./preflight.mjs";

const engine = new validate.RegoEngine();
let schemas; // only when a rule crashes: loading them takes a second

function answer(question) {
  const { file, account, region } = question;
  const text = readFileSync(file);
  const template = { path: file, readBytes: () => text };
  const options = { pseudoParameterOverrides: { accountId: account || undefined, region: region || undefined } };
  try {
    const { status, diagnostics } = engine.validateDetailed(template, options);
    const refused = preflight(question, template, options);
    return {
      status: status === "OK" ? refused.status : status,
      diagnostics: [...diagnostics, ...refused.diagnostics],
      crash: "",
    };
  } catch (error) {
    // One rule that crashes takes all others with it: ask at least the schemas.
    schemas ??= new validate.SchemaValidator();
    let diagnostics = [];
    let crash = String(error);
    try {
      diagnostics = schemas.validate(template, region || undefined);
    } catch (second) {
      crash += `; ${second}`;
    }
    return { status: "ERROR", diagnostics, crash };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let reply;
  try {
    reply = { reply: answer(JSON.parse(line)) };
  } catch (error) {
    reply = { error: String(error?.stack ?? error) };
  }
  process.stdout.write(JSON.stringify(reply) + "\n");
}
