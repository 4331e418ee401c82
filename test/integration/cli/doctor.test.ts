import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { DeleteBucketCommand, ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import type { LocalOutputs } from "../../../aws/stage-outputs.ts";
import { examineDeployed } from "../../../cli/commands/doctor/deployed.ts";
import type { Finding } from "../../../cli/commands/doctor/finding.ts";
import { deployLocal } from "../../../local/deploy.ts";
import { localAws } from "../../../local/ministack.ts";
import { startTestMinistack, type TestService } from "../../support/ministack.ts";

const folder = mkdtempSync(join(tmpdir(), "doctor-"));
const { mlflow } = inject("services");
let ministack: TestService;
let outputs: LocalOutputs;

beforeAll(async () => {
  // Of its own: the tests below break it.
  ministack = await startTestMinistack();
  for (const [name, value] of Object.entries(localAws(ministack.url))) vi.stubEnv(name, value);
  outputs = await deployLocal(ministack.url, mlflow, {
    logFile: join(folder, "deploy.log"),
    output: join(folder, "cdk.out"),
  });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await ministack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The findings by check; buckets by their names. */
async function examine(trackingUri = mlflow): Promise<Record<string, Finding>> {
  const sections = await examineDeployed({
    stage: "local",
    apiUrl: `${ministack.url}/_aws/execute-api/${outputs.ApiId}/$default`,
    connectMlflow: async () => ({ trackingUri, fetch, timeout: 0 }),
    onWait: () => {},
  });
  const findings = sections.flatMap((section) => section.findings);
  return Object.fromEntries(findings.map((each) => [each.check === "bucket" ? each.found : each.check, each]));
}

describe("doctor --deployed for stage local in the emulator", () => {
  it("tries each link, and finds all of them whole", async () => {
    const findings = await examine();
    expect(Object.values(findings).filter(({ state }) => state !== "ok")).toEqual([]);
    expect(Object.keys(findings).sort()).toEqual(
      [
        "API",
        "MLflow",
        "alarms",
        "avocado-local-artifacts",
        "avocado-local-data",
        "avocado-local-raw",
        "dead-letter queues",
        "dry run",
        "event rules",
        "mails: alarms",
        "mails: retraining",
        "schedule",
        "stacks",
      ].sort(),
    );
  });

  it("leaves no object, no version of one, and one execution that trained nothing", async () => {
    const s3 = new S3Client();
    for (const Bucket of [outputs.RawBucket, outputs.DataBucket, outputs.ArtifactBucket]) {
      const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: "doctor/" }));
      expect(Versions).toEqual([]);
    }
    const sfn = new SFNClient();
    const { StateMachineArn: stateMachineArn } = outputs;
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
    expect(executions).toHaveLength(1);
    const { output = "{}" } = await sfn.send(
      new DescribeExecutionCommand({ executionArn: executions[0]?.executionArn }),
    );
    expect(JSON.parse(output)).toMatchObject({ outcome: "DryRun" });
  });

  it("finds each link that is broken, and no other", async () => {
    await new SQSClient({ useQueueUrlAsEndpoint: false }).send(
      new SendMessageCommand({ QueueUrl: `${outputs.TrainingQueueUrl}-dead-letters`, MessageBody: "given up" }),
    );
    await new S3Client().send(new DeleteBucketCommand({ Bucket: outputs.RawBucket }));
    await new LambdaClient().send(new DeleteFunctionCommand({ FunctionName: "avocado-local-predict" }));
    const findings = await examine("http://127.0.0.1:9");
    const broken = Object.values(findings).filter(({ state }) => state !== "ok");
    expect(broken.map(({ check, state }) => [check, state]).sort()).toEqual([
      ["API", "missing"],
      ["MLflow", "missing"],
      ["bucket", "missing"],
      ["dead-letter queues", "warning"],
    ]);
    for (const { advice } of broken) expect(advice).toBeTruthy();
  });
});
