import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CloudFormationClient, CreateStackCommand, DeleteStackCommand } from "@aws-sdk/client-cloudformation";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { bucketStore, localClient } from "../../support/ministack.ts";
import { rawDataset, zipped } from "../../unit/core/dataset/raw-dataset.ts";

const stack = { StackName: "avocado-local-data" };
const bucket = "uploads-of-stage-local";
const template = {
  Resources: { Raw: { Type: "AWS::S3::Bucket", Properties: { BucketName: bucket } } },
  Outputs: { RawBucket: { Value: { Ref: "Raw" } } },
};
let folder: string;
let cloudFormation: CloudFormationClient;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "upload-"));
  const { aws } = inject("services");
  cloudFormation = new CloudFormationClient(localClient(aws));
  // What a running local stack leaves in its state folder.
  writeFileSync(join(folder, "lock"), String(process.pid));
  writeFileSync(join(folder, "ports.json"), JSON.stringify({ aws: Number(new URL(aws).port) }));
});
afterEach(async () => {
  await cloudFormation.send(new DeleteStackCommand(stack));
  rmSync(folder, { recursive: true });
});

const upload = () =>
  promisify(execFile)(
    process.execPath,
    ["cli/main.ts", "dataset", "upload", "--stage", "local", "--data", join(folder, "set.zip")],
    { env: { ...process.env, AVOCADO_STATE_FOLDER: folder } },
  );

describe("npm run dataset -- upload --stage local", () => {
  it("puts the dataset into the raw bucket of the stack that runs, once", async () => {
    await cloudFormation.send(new CreateStackCommand({ ...stack, TemplateBody: JSON.stringify(template) }));
    writeFileSync(join(folder, "set.zip"), await zipped(await rawDataset()));
    const { stdout } = await upload();
    expect(stdout).toMatch(/The dataset is s3:\/\/uploads-of-stage-local\/set-[0-9a-f]{12}\.zip/);
    expect((await upload()).stdout).toBe(stdout);
    const store = bucketStore(inject("services").aws, bucket);
    expect(await Array.fromAsync(store.list(""))).toHaveLength(1);
  });

  it("says that the stage is not deployed", async () => {
    await expect(upload()).rejects.toMatchObject({
      stderr: expect.stringContaining("There is no stack avocado-local-data in this account and region"),
    });
  });
});
