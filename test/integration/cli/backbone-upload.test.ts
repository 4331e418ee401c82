import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CloudFormationClient, CreateStackCommand, DeleteStackCommand } from "@aws-sdk/client-cloudformation";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { validateExecution } from "../../../lambdas/validate-input/logic.ts";
import { bucketStore, localClient, startTestMinistack } from "../../support/ministack.ts";

const stack = { StackName: "avocado-local-data" };
const bucket = "data-of-stage-local";
const template = {
  Resources: { Data: { Type: "AWS::S3::Bucket", Properties: { BucketName: bucket } } },
  Outputs: { DataBucket: { Value: { Ref: "Data" } } },
};
let folder: string;
let cloudFormation: CloudFormationClient;
// An emulator of its own: another test file that may run at the same time has a stack of the same name in the shared one.
let ministack: Awaited<ReturnType<typeof startTestMinistack>>;
beforeAll(async () => {
  ministack = await startTestMinistack();
});
afterAll(() => ministack.stop());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "upload-"));
  const aws = ministack.url;
  cloudFormation = new CloudFormationClient(localClient(aws));
  // What a running local stack leaves in its state folder.
  writeFileSync(join(folder, "lock"), String(process.pid));
  writeFileSync(join(folder, "ports.json"), JSON.stringify({ aws: Number(new URL(aws).port) }));
  await cloudFormation.send(new CreateStackCommand({ ...stack, TemplateBody: JSON.stringify(template) }));
});
afterEach(async () => {
  await cloudFormation.send(new DeleteStackCommand(stack));
  rmSync(folder, { recursive: true });
});

const upload = () =>
  promisify(execFile)(
    process.execPath,
    ["cli/main.ts", "backbone", "upload", "--stage", "local", "--from", join(folder, "mobilenet")],
    { env: { ...process.env, AVOCADO_STATE_FOLDER: folder } },
  );

describe("npm run backbone -- upload --stage local", () => {
  it("puts the backbone where the trainer may read it, and gives an address that the first state takes", async () => {
    mkdirSync(join(folder, "mobilenet"));
    for (const name of ["model.json", "weights.bin"]) writeFileSync(join(folder, "mobilenet", name), name);
    const { stdout } = await upload();
    const [, address] = /--set backbone=(\S+)/.exec(stdout) ?? [];
    const stage = { strategies: ["ecs"] as const, dataBucket: bucket };
    expect(validateExecution({ hyperparameters: { cnn: "mobilenet" }, backbone: address }, stage).backbone).toBe(
      `s3://${bucket}/backbones/mobilenet`,
    );
    const stored = await Array.fromAsync(bucketStore(ministack.url, bucket).list("backbones/"));
    expect(stored.map(({ key }) => key).sort()).toEqual([
      "backbones/mobilenet/model.json",
      "backbones/mobilenet/weights.bin",
    ]);
  });

  it("says how to get a backbone where there is none", async () => {
    await expect(upload()).rejects.toMatchObject({
      stderr: expect.stringContaining("Fetch the backbone with 'npm run backbone -- download'"),
    });
  });
});
