import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { metricNames } from "../../core/contracts/metrics.ts";
import { parseConfig } from "../../lib/config.ts";
import { handlers } from "../support/code-calls.ts";
import { stages, synthesise, synthesiseConfig } from "../support/stages.ts";

const operations = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");

interface AlarmProperties {
  AlarmName: string;
  AlarmDescription: string;
  Namespace: string;
  MetricName: string;
  Dimensions: { Name: string; Value: unknown }[];
  TreatMissingData: string;
  AlarmActions: unknown[];
  OKActions: unknown[];
  Threshold: number;
  Period: number;
  Metrics?: unknown;
}

/** The alarms of a stage by the last part of their name. */
function alarmsOf(stage: string): Map<string, AlarmProperties> {
  const found = synthesise(stage)
    .resources("AWS::CloudWatch::Alarm")
    .map(([, { Properties }]) => Properties as AlarmProperties);
  return new Map(found.map((alarm) => [alarm.AlarmName.replace(`avocado-${stage}-`, ""), alarm]));
}

const always = [
  "api-errors",
  "api-latency-p95",
  "api-latency-p99",
  "predict-crashes",
  "predict-throttled",
  "champion-load-failed",
];
const inAccount = ["champion-stale", "check-champion-fails", "trainer-stopped-fails", "database-at-its-limit"];

describe("alarms", () => {
  it.each([
    ["local", [...always, "training-dead-letters"]],
    ["dev", [...always, ...inAccount, "stop-idle-registry-fails"]],
    [
      "prod",
      [
        ...always,
        ...inAccount,
        "check-retraining-fails",
        "stop-idle-registry-fails",
        "new-data-dead-letters",
        "retraining-overdue",
        "start-on-new-data-fails",
      ],
    ],
  ])("of stage %s are of what the stage has", (stage, names) => {
    expect([...alarmsOf(stage).keys()].sort()).toEqual(names.sort());
  });

  it.each(stages)("of stage %s say what to do, where docs/operations.md says it", (stage) => {
    for (const [name, { AlarmDescription }] of alarmsOf(stage)) {
      expect(AlarmDescription).toMatch(/\. What to do: docs\/operations\.md, alarm [\w-]+\.$/);
      expect(operations).toContain(`\n| \`${name}\` `);
    }
  });

  it.each(stages)("of stage %s notify the topic, and say there that all is well again", (stage) => {
    const [[topic] = []] = synthesise(stage)
      .resources("AWS::SNS::Topic")
      .filter(([, { Properties }]) => Properties.TopicName === `avocado-${stage}-alarms`);
    for (const [, { AlarmActions, OKActions }] of alarmsOf(stage)) {
      expect([AlarmActions, OKActions]).toEqual([[{ Ref: topic }], [{ Ref: topic }]]);
    }
  });

  it("fire in an idle dev for nothing: what sends no data is well", () => {
    for (const [name, { TreatMissingData }] of alarmsOf("dev")) {
      expect(TreatMissingData, name).toBe(name === "champion-stale" ? "ignore" : "notBreaching");
    }
  });

  it("fire where MLflow's task always runs when it is away, which sends no data", () => {
    const own = synthesiseConfig(parseConfig({ stage: "own" }, "test")).resources("AWS::CloudWatch::Alarm");
    const alarm = own.find(([, { Properties }]) => Properties.AlarmName === "avocado-own-mlflow-away");
    expect(alarm?.[1].Properties).toMatchObject({
      TreatMissingData: "breaching",
      ComparisonOperator: "LessThanThreshold",
      Statistic: "SampleCount",
    });
  });

  it.each(stages)("of stage %s watch every queue of dead letters", (stage) => {
    const queues = synthesise(stage).resources("AWS::SQS::Queue");
    const names = new Map(queues.map(([id, { Properties }]) => [id, Properties.QueueName]));
    const deadLetters = queues.flatMap(([, { Properties }]) => {
      const target = Properties.RedrivePolicy?.deadLetterTargetArn["Fn::GetAtt"][0];
      return target ? [names.get(target)] : [];
    });
    const watched = [...alarmsOf(stage).values()].filter(({ Namespace }) => Namespace === "AWS/SQS");
    expect(watched.map(({ Dimensions }) => Dimensions[0]?.Value)).toEqual(deadLetters);
  });

  it.each(stages)("of stage %s watch every Lambda that nobody waits for", (stage) => {
    const functions = synthesise(stage).resources("AWS::Lambda::Function");
    const [, machine] = synthesise(stage).resources("AWS::StepFunctions::StateMachine")[0] ?? [];
    const steps = JSON.stringify(machine?.Properties.DefinitionSubstitutions);
    const alone = functions
      .filter(([id]) => !steps.includes(`"${id}"`))
      .map(([, { Properties }]) => String(Properties.FunctionName).replace(`avocado-${stage}-`, ""))
      .filter((name) => handlers.includes(name) && !["predict", "publish-champion", "prepare-database"].includes(name));
    const watched = [...alarmsOf(stage).keys()].filter((name) => name.endsWith("-fails"));
    expect(watched.sort()).toEqual(alone.map((name) => `${name}-fails`).sort());
  });

  it.each(stages)("of stage %s are told of retrainings that ended badly, with what to do", (stage) => {
    const [, rule] =
      synthesise(stage)
        .resources("AWS::Events::Rule")
        .find(([id]) => id.includes("RetrainingEnded")) ?? [];
    expect(rule?.Properties).toMatchObject({
      EventPattern: {
        source: ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        detail: { status: ["FAILED", "TIMED_OUT", "ABORTED"] },
      },
      Targets: [{ Arn: { Ref: expect.stringMatching(/^AlarmsTopic/) } }],
    });
    expect(JSON.stringify(rule?.Properties.EventPattern.detail.stateMachineArn)).toContain(
      `avocado-${stage}-retraining`,
    );
    const { InputTemplate: text } = rule?.Properties.Targets[0].InputTransformer ?? {};
    expect(text).toContain("What to do: docs/operations.md, event retraining-ended.");
    expect(operations).toContain("`retraining-ended`");
  });

  it("take thresholds from the configuration, and tell its addresses", () => {
    const config = parseConfig(
      {
        stage: "own",
        notificationEmails: ["ripe@example.com"],
        predict: { latencyAlarm: { p95Milliseconds: 1234 } },
        database: { maxCapacity: 4 },
        schedule: { cron: "0 3 1 * ? *", succeedWithinDays: 35 },
      },
      "test",
    );
    const monitoring = synthesiseConfig(config).template("monitoring");
    for (const [name, Threshold] of Object.entries({
      "api-latency-p95": 1234,
      "database-at-its-limit": 4,
      "retraining-overdue": 35,
    })) {
      monitoring.hasResourceProperties("AWS::CloudWatch::Alarm", { AlarmName: `avocado-own-${name}`, Threshold });
    }
    monitoring.hasResourceProperties("AWS::SNS::Subscription", { Protocol: "email", Endpoint: "ripe@example.com" });
  });
});

describe.each(stages)("the topic of alarms in stage %s", (stage) => {
  it("takes messages of this account's alarms, over TLS", () => {
    const policies = synthesise(stage).template("monitoring").findResources("AWS::SNS::TopicPolicy");
    const [{ Properties }] = Object.values(policies) as [{ Properties: { PolicyDocument: { Statement: object[] } } }];
    expect(Properties.PolicyDocument.Statement).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          Effect: "Allow",
          Action: "sns:Publish",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Condition: { StringEquals: { "aws:SourceAccount": expect.anything() } },
        }),
        expect.objectContaining({
          Effect: "Allow",
          Action: "sns:Publish",
          Principal: { Service: "events.amazonaws.com" },
        }),
        expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
      ]),
    );
  });
});

describe.each(stages.filter((stage) => stage !== "local"))("the watch over the champion of stage %s", (stage) => {
  it("looks when an alias was written, and by no clock that would keep MLflow running", () => {
    const monitoring = synthesise(stage).template("monitoring");
    monitoring.hasResourceProperties("AWS::Logs::SubscriptionFilter", {
      LogGroupName: `/avocado/${stage}/mlflow-access`,
      FilterPattern: '{ ($.method = "POST") && ($.path = "*/registered-models/alias") }',
    });
    const targets = JSON.stringify(synthesise(stage).resources("AWS::Events::Rule"));
    expect(targets).not.toContain("ChampionMonitor");
  });
});

describe.each(stages)("the dashboard of stage %s", (stage) => {
  it("shows every metric that the API tells", () => {
    const [, dashboard] = synthesise(stage).resources("AWS::CloudWatch::Dashboard")[0] ?? [];
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    const { predictions, estimatedDays, rejected, latency } = metricNames;
    for (const name of [predictions, estimatedDays, rejected, ...Object.values(latency)]) expect(body).toContain(name);
    expect(body).toContain(`avocado/${stage}`);
  });
});
