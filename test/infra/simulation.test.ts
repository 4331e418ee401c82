import { describe, expect, it } from "vitest";
import { allows, applies, type IamRequest, type Statement } from "../support/iam/policy.ts";
import { readRecordings } from "../support/iam/recording.ts";
import { ResolvedStage } from "../support/iam/resolve.ts";
import {
  apisOf,
  bucketDenials,
  rolesOf,
  servicePermissions,
  singleGrants,
  statementsOf,
} from "../support/iam/roles.ts";
import { toIamRequests } from "../support/iam/to-request.ts";
import { synthesise } from "../support/stages.ts";

/*
 * What each program asked of AWS in whole retrainings on the emulator, on this machine and on the local Kaggle. The emulator allows
 * everything; here the policies are asked that a stage in an account would have. test/infra/code-grants.test.ts compares actions with
 * the code, also of what a retraining does not reach; here resources and conditions count.
 */
const recording = readRecordings();

/** Grants that no recorded call uses, and why they are there. */
const notRecorded: [program: RegExp, action: RegExp, resource: RegExp, reason: string][] = [
  [/./, /^logs:/, /./, "Lambda writes the log"],
  [/^start-on-new-data$/, /^sqs:/, /./, "Lambda reads the queue"],
  [/^(stop-idle|check|prepare|authorise|start-on|trainer-stopped)/, /./, /./, "runs in an account alone"],
  [/^start-training$/, /^(ecs|iam):/, /./, "trainers are no tasks on a laptop"],
  [/^start-registry$/, /^ecs:/, /./, "MLflow is no task on a laptop"],
  [
    /^(start-training|acquire-lock|push-kernel)$/,
    /^states:/,
    /./,
    "when a training is there already, or a lock is held",
  ],
  [/^trainer$/, /^states:Send/, /./, "a heartbeat and a failure are for longer or worse trainings"],
  [/^predict$/, /^s3:/, /\/uploads\/\*$|-data-\d+-us-east-1$/, "uploads are no part of a retraining"],
  [/./, /^execute-api:Invoke$/, /\/DELETE\/api\/2\.0\/mlflow\/\*$/, "a version that turns out double is removed"],
  [/^record-failure$/, /^execute-api:Invoke$/, /\/GET\//, "MLflow's API is granted to a step as a whole"],
  [/^trainer$/, /^s3:GetObject$/, /\/backbones\/\*$/, "the sample is trained without a backbone"],
  [/./, /^s3:ListBucket$/, /./, "an object that is not there is 404 to who may list, and 403 to others"],
];

function requestsOf(program: string, name: string, stage: ResolvedStage): IamRequest[] {
  const calls = recording.filter((call) => call.program === program);
  return calls.flatMap((call) => toIamRequests(call, name, apisOf(stage, name)));
}

/** Requests that the statements do not allow. */
function denied(statements: Statement[], requests: IamRequest[]): string[] {
  return requests
    .filter((request) => !allows(statements, request))
    .map(({ action, resource }) => `${action} on ${resource}`);
}

/** Grants that none of the requests uses and that are not listed with a reason. */
function unused(program: string, statements: Statement[], requests: IamRequest[]): string[] {
  return singleGrants(statements)
    .filter((grant) => !requests.some((request) => applies(grant, request)))
    .map(({ Action, Resource }) => [String(Action), String(Resource)] as const)
    .filter(
      ([action, resource]) =>
        !notRecorded.some(([who, what, where]) => who.test(program) && what.test(action) && where.test(resource)),
    )
    .map(([action, resource]) => `${action} on ${resource}`);
}

describe.each(["dev", "prod"])("the policies of stage %s", (name) => {
  const stage = new ResolvedStage(synthesise(name));
  const roles = rolesOf(stage, name);
  const denials = bucketDenials(stage);

  it("are there for every program that was recorded", () => {
    const programs = new Set(recording.map(({ program }) => program));
    expect([...programs].filter((program) => !roles.has(program))).toEqual([]);
    expect(programs.size).toBeGreaterThan(10);
  });

  it.each([...roles.keys()])("allow %s all that it asked for, and nothing that it did not", (program) => {
    const statements = roles.get(program) ?? [];
    const requests = requestsOf(program, name, stage);
    expect(denied([...statements, ...denials], requests)).toEqual([]);
    expect(unused(program, statements, requests)).toEqual([]);
  });

  it("deny every bucket to who comes without TLS", () => {
    const statements = [...(roles.get("fetch-data") ?? []), ...denials];
    const requests = requestsOf("fetch-data", name, stage).filter(({ action }) => action.startsWith("s3:"));
    const open = requests.map((request) => ({
      ...request,
      context: { ...request.context, "aws:SecureTransport": "false" },
    }));
    expect(open.filter((request) => allows(statements, request))).toEqual([]);
  });

  it("let start-training hand over its task's roles to ECS alone, and run tasks in the trainers' cluster alone", () => {
    const statements = roles.get("start-training") ?? [];
    const grants = singleGrants(statements);
    const resourceOf = (action: string) => String(grants.find(({ Action }) => Action === action)?.Resource);
    const ask = (action: string, context: Record<string, string>) =>
      allows(statements, { action, resource: resourceOf(action), context });
    const cluster = (cluster: string) => ({ "ecs:cluster": `arn:aws:ecs:us-east-1:111122223333:cluster/${cluster}` });
    expect(ask("iam:PassRole", { "iam:PassedToService": "ecs-tasks.amazonaws.com" })).toBe(true);
    expect(ask("iam:PassRole", { "iam:PassedToService": "lambda.amazonaws.com" })).toBe(false);
    expect(ask("ecs:RunTask", cluster(`avocado-${name}-trainer`))).toBe(true);
    expect(ask("ecs:RunTask", cluster(`avocado-${name}`))).toBe(false);
    expect(ask("ecs:RunTask", {})).toBe(false);
  });

  it("let the state machine call the Lambdas of its states, and no other", () => {
    const [machine] = stage.resources("AWS::StepFunctions::StateMachine");
    const statements = statementsOf(stage, machine?.stack ?? "", machine?.properties.RoleArn);
    const called = Object.values(machine?.properties.DefinitionSubstitutions as Record<string, string>).filter(
      (value) => value.startsWith("arn:aws:lambda:"),
    );
    const functions = stage.resources("AWS::Lambda::Function").flatMap(({ properties }) => {
      const arn = `arn:aws:lambda:us-east-1:111122223333:function:${properties.FunctionName}`;
      return properties.FunctionName && allows(statements, { action: "lambda:InvokeFunction", resource: arn })
        ? [arn]
        : [];
    });
    expect(functions.sort()).toEqual([...new Set(called)].sort());
  });
});

describe.each(["dev", "prod"])("the services that start something in stage %s", (name) => {
  const stage = new ResolvedStage(synthesise(name));
  const permissions = servicePermissions(stage);
  const forEvents = permissions.filter(({ Effect, Principal }) => {
    return Effect === "Deny" || JSON.stringify(Principal).includes("events.amazonaws.com");
  });
  const targets = stage
    .resources("AWS::Events::Rule")
    .flatMap(({ id, properties }) =>
      (properties.Targets as { Arn: string }[]).map(({ Arn }): [rule: string, target: string] => [id, Arn]),
    );

  it.each(targets)("rule %s may reach %s, and no other rule may but for a topic", (rule, target) => {
    const [, , service = ""] = target.split(":");
    const action = { lambda: "lambda:InvokeFunction", sqs: "sqs:SendMessage", sns: "sns:Publish" }[service] ?? "";
    const from = (source: string) => ({
      action,
      resource: target,
      context: {
        "aws:SourceArn": `arn:aws:events:us-east-1:111122223333:rule/${source}`,
        "aws:SecureTransport": "true",
      },
    });
    expect(allows(forEvents, from(rule))).toBe(true);
    // "You can't use Condition blocks in Amazon SNS topic policies for EventBridge": AWS's troubleshooting of EventBridge.
    expect(allows(forEvents, from("another"))).toBe(service === "sns");
  });

  it("the schedule may start the retraining, and nothing else", () => {
    const grants = stage.resources("AWS::Scheduler::Schedule").flatMap(({ stack, properties }) => {
      const statements = statementsOf(stage, stack, properties.Target.RoleArn);
      expect(allows(statements, { action: "states:StartExecution", resource: properties.Target.Arn })).toBe(true);
      return singleGrants(statements);
    });
    expect(grants.map(({ Action }) => Action)).toEqual(name === "prod" ? ["states:StartExecution"] : []);
  });
});

describe("planted faults", () => {
  const stage = new ResolvedStage(synthesise("dev"));
  const statements = rolesOf(stage, "dev").get("acquire-lock") ?? [];
  const requests = requestsOf("acquire-lock", "dev", stage);

  it("a grant that is taken away is missing", () => {
    const without = singleGrants(statements).filter(({ Action }) => Action !== "s3:PutObject");
    expect(denied(without, requests)).toEqual([
      "s3:PutObject on arn:aws:s3:::avocado-dev-data-111122223333-us-east-1/locks/object",
    ]);
  });

  it("a grant on another prefix is missing, and not used", () => {
    const moved = singleGrants(statements).map((grant) => ({
      ...grant,
      Resource: String(grant.Resource).replace("/locks/", "/lock/"),
    }));
    const resource = "arn:aws:s3:::avocado-dev-data-111122223333-us-east-1/locks/object";
    expect(new Set(denied(moved, requests))).toEqual(
      new Set([`s3:GetObject on ${resource}`, `s3:PutObject on ${resource}`]),
    );
    expect(unused("acquire-lock", moved, requests)).toHaveLength(2);
  });

  it("a grant that nothing needs is not used", () => {
    const more: Statement = { Effect: "Allow", Action: "s3:DeleteObject", Resource: "arn:aws:s3:::avocado-dev-data/*" };
    expect(unused("acquire-lock", [...statements, more], requests)).toEqual([
      "s3:DeleteObject on arn:aws:s3:::avocado-dev-data/*",
    ]);
  });

  it("a condition that does not hold is a grant that is missing", () => {
    const elsewhere = statements.map((statement) => ({
      ...statement,
      Condition: { StringEquals: { "aws:ResourceAccount": "999999999999" } },
    }));
    expect(denied(elsewhere, requests)).toHaveLength(requests.length);
  });
});
