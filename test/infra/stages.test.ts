import { Stack } from "aws-cdk-lib";
import { Construct } from "constructs";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { acknowledge } from "../../lib/constructs/acknowledge.ts";
import { stages, synthesise } from "../support/stages.ts";

interface Container {
  Environment?: { Name: string }[];
  ReadonlyRootFilesystem?: boolean;
  MountPoints?: { ContainerPath: string }[];
}

describe.each(stages)("stage %s", (stage) => {
  it("synthesises without a finding of the security rules and without a broken CloudFormation rule", () => {
    expect(() => synthesise(stage, { cloudFormationRules: true })).not.toThrow();
  });

  it("deploys each stack after those before it: data, registry (not on a laptop), serving, pipeline, monitoring", () => {
    const { stacks } = synthesise(stage);
    const registry = stage === "local" ? [] : ["registry"];
    expect(stacks.map(({ node }) => node.id)).toEqual(["data", ...registry, "serving", "pipeline", "monitoring"]);
    for (const [i, { dependencies }] of stacks.entries()) {
      expect(new Set(dependencies)).toEqual(new Set(stacks.slice(0, i)));
    }
  });

  it("keeps every bucket private, encrypted and reachable over TLS alone", () => {
    const { resources } = synthesise(stage);
    const denials = resources("AWS::S3::BucketPolicy").map(([, { Properties }]) => JSON.stringify(Properties));
    const buckets = resources("AWS::S3::Bucket");
    expect(buckets).toHaveLength(stage === "prod" ? 4 : 3);
    for (const [id, { Properties }] of buckets) {
      expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
      const [rule] = Properties.BucketEncryption.ServerSideEncryptionConfiguration;
      expect(rule.ServerSideEncryptionByDefault.SSEAlgorithm).toBe("AES256");
      const policy = denials.find((text) => text.includes(`"Bucket":{"Ref":"${id}"}`));
      expect(policy).toMatch(/"Condition":\{"Bool":\{"aws:SecureTransport":"false"\}\},"Effect":"Deny"/);
    }
  });

  it("keeps versions of artifacts, forgets abandoned uploads and old copies of raw data", () => {
    const byPurpose = (purpose: string) =>
      synthesise(stage)
        .resources("AWS::S3::Bucket")
        .find(([, { Properties }]) =>
          JSON.stringify(Properties.BucketName).includes(`avocado-${stage}-${purpose}`),
        )?.[1].Properties;
    expect(byPurpose("artifacts").VersioningConfiguration.Status).toBe("Enabled");
    expect(byPurpose("data").LifecycleConfiguration.Rules).toContainEqual(
      expect.objectContaining({ Prefix: "fetched/", ExpirationInDays: 30, Status: "Enabled" }),
    );
    expect(byPurpose("data").LifecycleConfiguration.Rules).toContainEqual(
      expect.objectContaining({ Prefix: "uploads/", ExpirationInDays: 1, Status: "Enabled" }),
    );
    for (const purpose of ["raw", "data", "artifacts"]) {
      const rules = byPurpose(purpose).LifecycleConfiguration.Rules;
      expect(rules).toContainEqual(
        expect.objectContaining({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } }),
      );
    }
  });

  it("keeps logs for as long as configured, and has no Lambda that makes a log group of its own", () => {
    const { resources } = synthesise(stage);
    const days = readConfig(stage, {}).logRetentionDays;
    for (const [, { Properties }] of resources("AWS::Logs::LogGroup")) expect(Properties.RetentionInDays).toBe(days);
    for (const [, { Properties }] of resources("AWS::Lambda::Function")) {
      expect(Properties.LoggingConfig.LogGroup).toHaveProperty("Ref");
    }
  });

  it("gives no program a password, a token or a key in its environment", () => {
    const { resources } = synthesise(stage);
    const ofLambdas = resources("AWS::Lambda::Function").flatMap(([, { Properties }]) =>
      Object.keys(Properties.Environment.Variables),
    );
    const ofTasks = resources("AWS::ECS::TaskDefinition").flatMap(([, { Properties }]) =>
      Properties.ContainerDefinitions.flatMap(({ Environment = [] }: Container) => Environment.map(({ Name }) => Name)),
    );
    expect([...ofLambdas, ...ofTasks].filter((name) => /PASSWORD|TOKEN|_KEY$/.test(name))).toEqual([]);
  });

  it("lets containers write to one folder each", () => {
    const { resources } = synthesise(stage);
    const containers = resources("AWS::ECS::TaskDefinition").flatMap(
      ([, { Properties }]) => Properties.ContainerDefinitions as Container[],
    );
    const written = containers.map(({ ReadonlyRootFilesystem, MountPoints = [] }) =>
      ReadonlyRootFilesystem ? MountPoints.map(({ ContainerPath }) => ContainerPath) : "everywhere",
    );
    expect(written.sort()).toEqual(stage === "local" ? [] : [["/tmp"], ["/var/cache/trainer"]]);
  });

  it("encrypts queues and takes from topics and queues nothing but TLS", () => {
    const { resources } = synthesise(stage);
    for (const [, { Properties }] of resources("AWS::SQS::Queue")) expect(Properties.SqsManagedSseEnabled).toBe(true);
    const policies = [...resources("AWS::SQS::QueuePolicy"), ...resources("AWS::SNS::TopicPolicy")];
    expect(policies).toHaveLength({ local: 4, dev: 2, prod: 4 }[stage] ?? 0);
    for (const [, { Properties }] of policies)
      expect(JSON.stringify(Properties)).toContain('"aws:SecureTransport":"false"');
  });
});

describe("stage prod", () => {
  it("keeps buckets when their stack is deleted; other stages do not", () => {
    const policies = (stage: string) =>
      new Set(
        synthesise(stage)
          .resources("AWS::S3::Bucket")
          .map(([, { DeletionPolicy }]) => DeletionPolicy),
      );
    expect(policies("prod")).toEqual(new Set(["RetainExceptOnCreate"]));
    for (const other of ["local", "dev"]) expect(policies(other)).toEqual(new Set(["Delete"]));
    expect(synthesise("prod").stacks.map(({ terminationProtection }) => terminationProtection)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it("logs who reads its buckets; a stage that is deleted as a whole has no bucket that logs fill again", () => {
    const logged = (stage: string) =>
      synthesise(stage)
        .resources("AWS::S3::Bucket")
        .filter(([, { Properties }]) => Properties.LoggingConfiguration?.DestinationBucketName);
    expect(logged("prod")).toHaveLength(3);
    for (const other of ["local", "dev"]) expect(logged(other)).toEqual([]);
  });

  it("gives Lambdas with native packages those for their platform", () => {
    const { resources } = synthesise("prod");
    const layers = resources("AWS::Lambda::Function")
      .filter(([, { Properties }]) => Properties.Layers)
      .map(([, { Properties }]) => Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME);
    expect(layers.sort()).toEqual(["deploy-model", "evaluate-model", "preprocess-shard", "publish-champion"]);
  });
});

describe("acknowledge", () => {
  it("rejects a reason that says nothing", () => {
    const node = new Construct(new Stack(), "Thing");
    expect(() => acknowledge(node, "AwsSolutions-S1", " ")).toThrow(
      "Thing: AwsSolutions-S1 is acknowledged without a reason",
    );
  });
});
