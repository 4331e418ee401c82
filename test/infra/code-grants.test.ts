import { describe, expect, it } from "vitest";
import { actionsCalledBy, handlers } from "../support/code-calls.ts";
import { grantsOf } from "../support/grants.ts";
import { type SynthesisedStage, stages, synthesise } from "../support/stages.ts";
import { table } from "../support/table.ts";

/** What code can call and a role need not allow, since in this stage the code does not come that way. */
const elsewhere: [stage: RegExp, program: RegExp, action: RegExp, reason: string][] = [
  [/^local$/, /^(start-training|start-registry)$/, /^(ecs:|iam:)/, "trainer and MLflow are no tasks on a laptop"],
  [/^(?!local)/, /^start-training$/, /^sqs:/, "trainings wait in a queue on a laptop only"],
  [/./, /^fetch-data$/, /^secretsmanager:/, "only a stage that names a secret for raw data elsewhere opens it"],
  [/./, /^(start-training|trainer-stopped)$/, /^sagemaker:/, "no stage's file has strategy sagemaker"],
  [/./, /^start-training$/, /^s3:(GetObject|ListBucket)$/, "the same"],
  [/^local$/, /^(?!deploy-model)/, /^execute-api:Invoke$/, "MLflow asks for no identity on a laptop"],
  [/./, /^fetch-data$/, /^secretsmanager:/, "no stage's file names a secret for raw data elsewhere"],
];

/** What a role allows that no code of ours calls. */
const onBehalf: [program: RegExp, action: RegExp, reason: string][] = [
  [/./, /^logs:(CreateLogStream|PutLogEvents)$/, "Lambda writes the log"],
  [/^start-on-new-data$/, /^sqs:/, "Lambda reads the queue"],
];

/** The actions that a role allows. */
const granted = (stage: SynthesisedStage, role: string) =>
  [...new Set(grantsOf(stage, role).map(({ action }) => action))].sort();

/** Role of each Lambda of ours in a stage, and of the trainer, by the program's name. */
function roles(stage: SynthesisedStage, name: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, { Properties }] of stage.resources("AWS::Lambda::Function")) {
    const program = String(Properties.FunctionName).replace(`avocado-${name}-`, "");
    if (handlers.includes(program)) found.set(program, Properties.Role["Fn::GetAtt"][0]);
  }
  for (const [, { Properties }] of stage.resources("AWS::ECS::TaskDefinition")) {
    if (Properties.Family?.endsWith("-trainer")) found.set("trainer", Properties.TaskRoleArn["Fn::GetAtt"][0]);
  }
  return found;
}

const entryOf = (program: string) =>
  program === "trainer" ? "training/tfjs/main.ts" : `lambdas/${program}/handler.ts`;

/** A resource as short as it can be told from others in one stage. */
function shorten(resource: string): string {
  return resource
    .replace(/^arn:<Partition>:([\w-]+):[^:]*:[^:]*:/, "$1:")
    .replaceAll("-<AccountId>-<Region>", "")
    .replace(/<[\w-]+-(registry|serving):ExportsOutputRef\w+>/, "<API of $1>")
    .replace(/^<(\w+?)[0-9A-F]{8}(,Arn|\.Arn)?>$/, "$1")
    .replace(/^(s3:)::/, "$1");
}

/** The roles of a stage with what the code calls, as a page. */
function describeRoles(name: string): string {
  const stage = synthesise(name);
  const sections = [...roles(stage, name)].sort().map(([program, role]) => {
    const called = actionsCalledBy(entryOf(program));
    const grants = grantsOf(stage, role).filter(({ action }) => !action.startsWith("logs:"));
    const actions = Map.groupBy(grants, ({ action }) => action);
    const rows = [...actions].sort().map(([action, places]) => {
      const resources = [...new Set(places.map(({ resource }) => `\`${shorten(resource)}\``))].join("<br>");
      const reason = onBehalf.find(([who, what]) => who.test(program) && what.test(action))?.[2];
      return [`\`${action}\``, resources, called.includes(action) ? "the code" : (reason ?? "")];
    });
    return `## ${program}\n\n${rows.length > 0 ? table([["action", "on", "called by"], ...rows]) : "Nothing."}`;
  });
  return `${[pageHead, ...sections].join("\n\n")}\n`;
}

const pageHead = `# Least privilege

What each program of stage \`prod\` may do in AWS, and what calls it. This page is written by
\`npm test -- --project infra test/infra/code-grants.test.ts -u\`; without \`-u\` the test compares it with the templates and the
code, and fails when a role lacks an action that its program's code calls, or allows one that nothing calls. Every Lambda
may also write its own log.`;

describe.each(stages)("the roles of stage %s", (name) => {
  const stage = synthesise(name);

  it.each([...roles(stage, name)])("allow %s exactly what its code calls", (program, role) => {
    const needed = actionsCalledBy(entryOf(program)).filter(
      (action) => !elsewhere.some(([where, who, what]) => where.test(name) && who.test(program) && what.test(action)),
    );
    const allowed = granted(stage, role).filter(
      (action) => !onBehalf.some(([who, what]) => who.test(program) && what.test(action)),
    );
    expect(allowed).toEqual(needed);
  });

  it("are checked for every Lambda that the stage has", () => {
    const functions = stage.resources("AWS::Lambda::Function");
    const trainer = name === "local" ? 0 : 1;
    expect(roles(stage, name).size).toBe(functions.length + trainer);
  });
});

it("are written down in the documentation as they are", async () => {
  await expect(describeRoles("prod")).toMatchFileSnapshot("../../docs/least-privilege.md");
});
