import { describe, expect, it } from "vitest";
import { actionsCalledBy, handlers } from "../support/code-calls.ts";
import { type SynthesisedStage, stages, synthesise } from "../support/stages.ts";

/** What code can call and a role need not allow, since in this stage the code does not come that way. */
const elsewhere: [stage: RegExp, program: RegExp, action: RegExp, reason: string][] = [
  [/^local$/, /^(start-training|wake-registry)$/, /^(ecs:|iam:)/, "trainer and MLflow are no tasks on a laptop"],
  [/^(?!local)/, /^start-training$/, /^sqs:/, "trainings wait in a queue on a laptop only"],
  [/./, /^fetch-data$/, /^secretsmanager:/, "only a stage that names a secret for raw data elsewhere opens it"],
  [/^local$/, /^(?!deploy-model)/, /^execute-api:Invoke$/, "MLflow asks for no identity on a laptop"],
  [/./, /^fetch-data$/, /^secretsmanager:/, "no stage's file names a secret for raw data elsewhere"],
];

/** What a role allows that no code of ours calls. */
const onBehalf: [program: RegExp, action: RegExp, reason: string][] = [
  [/./, /^logs:(CreateLogStream|PutLogEvents)$/, "Lambda writes the log"],
  [/^start-on-new-data$/, /^sqs:/, "Lambda reads the queue"],
  [/^predict$/, /^xray:/, "the daemon that Lambda runs beside it sends what it is told"],
];

const listed = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** The actions that a role allows. */
function granted({ resources }: SynthesisedStage, role: string): string[] {
  const policies = resources("AWS::IAM::Policy").filter(([, { Properties }]) =>
    Properties.Roles.some(({ Ref: name }: { Ref: string }) => name === role),
  );
  const statements = policies.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
  return [...new Set(statements.flatMap(({ Action }) => listed<string>(Action)))].sort();
}

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

describe.each(stages)("the roles of stage %s", (name) => {
  const stage = synthesise(name);

  it.each([...roles(stage, name)])("allow %s exactly what its code calls", (program, role) => {
    const entry = program === "trainer" ? "training/tfjs/main.ts" : `lambdas/${program}/handler.ts`;
    const needed = actionsCalledBy(entry).filter(
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
