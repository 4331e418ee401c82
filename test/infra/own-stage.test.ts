import { readFileSync } from "node:fs";
import { App, Validations } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import { beforeAll, describe, expect, it } from "vitest";
import { composeStacks } from "../../lib/compose.ts";
import { parseConfig } from "../../lib/config.ts";

/** A stage that sets all that the stages which ship leave as it is. */
const config = {
  stage: "mine",
  account: "123456789012",
  region: "eu-west-1",
  keepData: true,
  database: { maxCapacity: 4, pauseAfterMinutes: 30, backupDays: 14 },
  registry: { cpu: 1024, memoryMegabytes: 2048 },
  trainer: { cpu: 8192, memoryMegabytes: 16_384 },
  schedule: { cron: "30 4 1 * ? *", timeZone: "Europe/Lisbon", input: { strategy: "kaggle" } },
  domain: {
    name: "avocado.example.com",
    certificateArn: "arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555",
  },
  predict: { memoryMegabytes: 2048, architecture: "arm64", rateLimit: 5, burstLimit: 10 },
  notificationEmails: ["somebody@example.com"],
  logRetentionDays: 30,
};

let templates: Map<string, Template>;
const template = (stack: string) => templates.get(stack) as Template;
beforeAll(() => {
  const { context } = JSON.parse(readFileSync(new URL("../../cdk.json", import.meta.url), "utf8"));
  const app = new App({ context });
  // A finding of the security rules makes a template throw.
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stacks = composeStacks(app, parseConfig(config, "config/mine.json"));
  templates = new Map(stacks.map((stack) => [stack.node.id, Template.fromStack(stack)]));
});

describe("a stage of one's own", () => {
  it("answers under its own name, with its certificate", () => {
    const serving = template("serving");
    serving.hasResourceProperties("AWS::ApiGatewayV2::DomainName", {
      DomainName: "avocado.example.com",
      DomainNameConfigurations: [{ CertificateArn: config.domain.certificateArn, EndpointType: "REGIONAL" }],
    });
    serving.hasResourceProperties("AWS::ApiGatewayV2::ApiMapping", { Stage: "$default" });
    expect(serving.findOutputs("ApiDomainTarget")).not.toEqual({});
  });

  it("predicts with the memory, on the processor and within the rate that it sets", () => {
    const serving = template("serving");
    serving.hasResourceProperties("AWS::Lambda::Function", { MemorySize: 2048, Architectures: ["arm64"] });
    serving.hasResourceProperties("AWS::ApiGatewayV2::Stage", {
      DefaultRouteSettings: { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 },
    });
  });

  it("keeps its data, with a database of the size and backups that it sets", () => {
    template("data").hasResource("AWS::RDS::DBCluster", {
      DeletionPolicy: "RetainExceptOnCreate",
      Properties: Match.objectLike({
        BackupRetentionPeriod: 14,
        ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 1800 },
      }),
    });
  });

  it("runs MLflow and trainers in tasks of the size that it sets", () => {
    template("registry").hasResourceProperties("AWS::ECS::TaskDefinition", { Cpu: "1024", Memory: "2048" });
    template("pipeline").hasResourceProperties("AWS::ECS::TaskDefinition", { Cpu: "8192", Memory: "16384" });
  });

  it("retrains when its clock says so, with the input that it sets", () => {
    template("pipeline").hasResourceProperties("AWS::Scheduler::Schedule", {
      ScheduleExpression: "cron(30 4 1 * ? *)",
      ScheduleExpressionTimezone: "Europe/Lisbon",
      Target: Match.objectLike({ Input: '{"strategy":"kaggle"}' }),
    });
  });

  it("tells those whom it names, and forgets logs when it says", () => {
    template("pipeline").hasResourceProperties("AWS::SNS::Subscription", {
      Protocol: "email",
      Endpoint: "somebody@example.com",
    });
    for (const one of templates.values())
      for (const { Properties } of Object.values(one.findResources("AWS::Logs::LogGroup")))
        expect(Properties.RetentionInDays).toBe(30);
  });
});
