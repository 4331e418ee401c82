import { ApiGatewayV2Client, GetVpcLinkCommand } from "@aws-sdk/client-apigatewayv2";
import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeRuleCommand, EventBridgeClient, ListTargetsByRuleCommand } from "@aws-sdk/client-eventbridge";
import { GetScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { ListSubscriptionsByTopicCommand, SNSClient } from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { checkDryRun } from "../../../../../cli/commands/doctor/deployed/dry-run.ts";
import { checkAlarms, checkSubscriptions } from "../../../../../cli/commands/doctor/deployed/monitoring.ts";
import { checkMlflow } from "../../../../../cli/commands/doctor/deployed/registry.ts";
import { checkApi, checkVpcLink } from "../../../../../cli/commands/doctor/deployed/serving.ts";
import { checkDeadLetters, checkRules, checkSchedule } from "../../../../../cli/commands/doctor/deployed/triggers.ts";
import { denied } from "../../../../support/denied.ts";

const region = { region: "eu-west-1" };

describe("the API", () => {
  const health = {
    message: "Model is healthy",
    model: { name: "avocado-model", version: "7", alias: "champion", sha256: "abc" },
    loadedAt: new Date().toISOString(),
    source: "serving/champion.json",
    revision: "abc",
  };
  const check = (answer: () => Promise<Response>) => checkApi(answer, "https://api", "dev");

  it("says which model it serves", async () => {
    const found = "https://api serves avocado-model, version 7 (serving/champion.json)";
    expect(await check(async () => Response.json(health))).toMatchObject({ state: "ok", found });
  });

  it.each([
    ["answers 503", async () => new Response("ModelUnavailable", { status: 503 }), "answers 503: ModelUnavailable"],
    ["answers something else", async () => Response.json({ message: "hello" }), "does not answer"],
    [
      "does not answer",
      () => Promise.reject(new TypeError("fetch failed", { cause: new Error("ENOTFOUND") })),
      "ENOTFOUND",
    ],
  ])("is missing when it %s, and says where to look", async (_, answer, found) => {
    expect(await check(answer)).toMatchObject({
      state: "missing",
      found: expect.stringContaining(found),
      advice: expect.stringContaining("/avocado/dev/predict"),
    });
  });
});

describe("the VPC link", () => {
  const gateway = mockClient(ApiGatewayV2Client);
  const check = () => checkVpcLink(new ApiGatewayV2Client(region), "abc");

  it.each([
    ["AVAILABLE", "ok"],
    ["INACTIVE", "warning"],
    ["PENDING", "warning"],
    ["FAILED", "missing"],
  ] as const)("%s: %s", async (VpcLinkStatus, state) => {
    gateway.on(GetVpcLinkCommand).resolves({ VpcLinkStatus });
    expect((await check()).state).toBe(state);
  });

  it("is unknown to those who may not ask", async () => {
    gateway.on(GetVpcLinkCommand).rejects(denied("apigateway:GET"));
    expect(await check()).toMatchObject({ state: "unknown", permission: "apigateway:GET" });
  });
});

describe("MLflow", () => {
  const task = (desired: number) => {
    let count = desired;
    const setDesired = async (wanted: number) => {
      count = wanted;
    };
    return { readDesired: async () => count, setDesired };
  };
  const answers = (status: number) => async () => new Response("{}", { status });
  const check = (status: number, desired = 1) =>
    checkMlflow({ trackingUri: "https://mlflow", fetch: answers(status), task: task(desired), timeout: 0 }, "dev");

  it("answers through the gateway", async () => {
    expect(await check(200)).toMatchObject({ state: "ok", found: expect.stringContaining("through the gateway") });
  });

  it("says that it was scaled to zero and had to be started", async () => {
    expect((await check(200, 0)).found).toContain("it was scaled to zero");
  });

  it.each([503, 403])("is missing when it answers %i, and says where to look", async (status) => {
    expect(await check(status)).toMatchObject({
      state: "missing",
      advice: expect.stringContaining("/avocado/dev/mlflow"),
    });
  });

  it("is unknown to those who may not start it", async () => {
    const rejected = { readDesired: () => Promise.reject(denied("ecs:DescribeServices")), setDesired: async () => {} };
    const server = { trackingUri: "https://mlflow", fetch: answers(200), task: rejected };
    expect(await checkMlflow(server, "dev")).toMatchObject({ state: "unknown", permission: "ecs:DescribeServices" });
  });
});

describe("the dry run", () => {
  const sfn = mockClient(SFNClient);
  const check = () => checkDryRun(new SFNClient(region), "arn:machine", 0);
  const ends = (status: "SUCCEEDED" | "FAILED", more: object) => {
    sfn.on(StartExecutionCommand).resolves({ executionArn: "arn:execution" });
    sfn
      .on(DescribeExecutionCommand)
      .resolvesOnce({ status: "RUNNING" })
      .resolves({ status, ...more });
  };

  it("is asked for as such, so that nothing is trained", async () => {
    ends("SUCCEEDED", { output: JSON.stringify({ outcome: "DryRun", reason: "All is well." }) });
    expect((await check()).state).toBe("ok");
    expect(sfn.commandCalls(StartExecutionCommand)[0]?.args[0].input.input).toBe('{"dryRun":true}');
  });

  it("says that another retraining runs", async () => {
    ends("SUCCEEDED", { output: JSON.stringify({ outcome: "AlreadyRunning", holder: "arn:x", reason: "x runs." }) });
    expect(await check()).toMatchObject({ state: "warning", found: "x runs." });
  });

  it("is missing when it fails, with name and cause", async () => {
    ends("FAILED", { error: "RegistryUnavailable", cause: "MLflow did not answer" });
    expect(await check()).toMatchObject({
      state: "missing",
      found: "the execution ended as FAILED: RegistryUnavailable: MLflow did not answer",
    });
  });

  it("is unknown to those who may not start it", async () => {
    sfn.on(StartExecutionCommand).rejects(denied("states:StartExecution"));
    expect(await check()).toMatchObject({ state: "unknown", permission: "states:StartExecution" });
  });
});

describe("the schedule", () => {
  const scheduler = mockClient(SchedulerClient);
  const check = (name?: string) => checkSchedule(new SchedulerClient(region), name);

  it.each([
    ["ENABLED", "ok"],
    ["DISABLED", "missing"],
  ] as const)("%s: %s", async (State, state) => {
    scheduler.on(GetScheduleCommand).resolves({ State, ScheduleExpression: "cron(0 3 ? * MON *)" });
    expect((await check("avocado-prod-retraining")).state).toBe(state);
  });

  it("is not missed where none is configured", async () => {
    expect((await check()).state).toBe("ok");
  });

  it("is unknown to those who may not ask", async () => {
    scheduler.on(GetScheduleCommand).rejects(denied("scheduler:GetSchedule"));
    expect((await check("x")).permission).toBe("scheduler:GetSchedule");
  });
});

describe("event rules", () => {
  const events = mockClient(EventBridgeClient);
  const check = () => checkRules(new EventBridgeClient(region), ["rule"]);

  it.each([
    ["ENABLED", [{ Id: "1", Arn: "arn:x" }], "ok"],
    ["DISABLED", [{ Id: "1", Arn: "arn:x" }], "missing"],
    ["ENABLED", [], "missing"],
  ] as const)("%s with the targets %j: %s", async (State, Targets, state) => {
    events.on(DescribeRuleCommand).resolves({ State });
    events.on(ListTargetsByRuleCommand).resolves({ Targets: [...Targets] });
    expect((await check()).state).toBe(state);
  });

  it("are unknown to those who may not ask", async () => {
    events.on(DescribeRuleCommand).rejects(denied("events:DescribeRule"));
    expect((await check()).permission).toBe("events:DescribeRule");
  });
});

describe("dead-letter queues", () => {
  const sqs = mockClient(SQSClient);
  const check = () => checkDeadLetters(new SQSClient(region), ["https://sqs/1/avocado-prod-new-data-dead-letters"]);

  it.each([
    ["0", "ok"],
    ["2", "warning"],
  ])("with %s messages: %s", async (ApproximateNumberOfMessages, state) => {
    sqs.on(GetQueueAttributesCommand).resolves({ Attributes: { ApproximateNumberOfMessages } });
    expect((await check()).state).toBe(state);
  });

  it("are unknown to those who may not ask", async () => {
    sqs.on(GetQueueAttributesCommand).rejects(denied("sqs:GetQueueAttributes"));
    expect((await check()).permission).toBe("sqs:GetQueueAttributes");
  });
});

describe("subscriptions", () => {
  const sns = mockClient(SNSClient);
  const topic = "arn:aws:sns:eu-west-1:123456789012:avocado-dev-alarms";
  const check = (stage = "dev") => checkSubscriptions(new SNSClient(region), topic, stage);

  it.each([
    [[{ Endpoint: "a@example.com", SubscriptionArn: `${topic}:1` }], "ok", "a@example.com"],
    [
      [{ Endpoint: "a@example.com", SubscriptionArn: "PendingConfirmation" }],
      "missing",
      "not confirmed: a@example.com",
    ],
    [[], "warning", "go to no one"],
  ])("%j: %s", async (Subscriptions, state, found) => {
    sns.on(ListSubscriptionsByTopicCommand).resolves({ Subscriptions });
    expect(await check()).toMatchObject({ state, found });
  });

  it("are not missed on this machine", async () => {
    sns.on(ListSubscriptionsByTopicCommand).resolves({ Subscriptions: [] });
    expect((await check("local")).state).toBe("ok");
  });

  it("are unknown to those who may not ask", async () => {
    sns.on(ListSubscriptionsByTopicCommand).rejects(denied("SNS:ListSubscriptionsByTopic"));
    expect((await check()).state).toBe("unknown");
  });
});

describe("alarms", () => {
  const cloudWatch = mockClient(CloudWatchClient);
  const check = () => checkAlarms(new CloudWatchClient(region), "dev");
  const answer = (...states: ("OK" | "ALARM" | "INSUFFICIENT_DATA")[]) =>
    cloudWatch.on(DescribeAlarmsCommand).resolves({
      MetricAlarms: states.map((StateValue, i) => ({ AlarmName: `avocado-dev-alarm-${i}`, StateValue })),
    });

  it("names those that fire, and those without data", async () => {
    answer("OK", "ALARM", "INSUFFICIENT_DATA");
    expect(await check()).toMatchObject({
      state: "warning",
      found: "fires: alarm-1",
      advice: expect.stringContaining("No data yet: alarm-2"),
    });
  });

  it("are well when none fires, and missing when there are none", async () => {
    answer("OK", "OK");
    expect(await check()).toMatchObject({ state: "ok", found: "2, none fires" });
    answer();
    expect((await check()).state).toBe("missing");
  });

  it("are unknown to those who may not ask", async () => {
    cloudWatch.on(DescribeAlarmsCommand).rejects(denied("cloudwatch:DescribeAlarms"));
    expect((await check()).permission).toBe("cloudwatch:DescribeAlarms");
  });
});
