import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { RunningStack } from "../../../../../local/state.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "retrain-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A local stack at which nothing answers. */
function pretendToRun(): void {
  const nowhere = "http://127.0.0.1:9";
  const stack: RunningStack = {
    outputs: {
      RawBucket: "raw",
      DataBucket: "data",
      ArtifactBucket: "artifacts",
      StateMachineArn: "arn:aws:states:us-east-1:000000000000:stateMachine:retraining",
      ApiId: "api",
      TrainingQueueUrl: `${nowhere}/queue`,
      KaggleSecret: "secret",
    },
    urls: { api: nowhere, mlflow: nowhere, aws: nowhere },
    trainerLog: join(folder, "trainer.log"),
  };
  writeFileSync(join(folder, "lock"), String(process.pid));
  writeFileSync(join(folder, "running.json"), JSON.stringify(stack));
}

const retrain = (...args: string[]) =>
  spawnSync(process.execPath, ["cli/main.ts", "retrain", ...args], {
    encoding: "utf8",
    env: { ...process.env, AVOCADO_STATE_FOLDER: folder },
  });

it("starts nothing with a backbone that the stage's trainer may not read", () => {
  pretendToRun();
  const { status, stdout, stderr } = retrain(
    "--set",
    "hyperparameters.cnn=mobilenet",
    "--set",
    "backbone=s3://models/x",
  );
  expect(stderr).toContain(
    "The trainer may not read s3://models/x: of S3 it reads backbones below s3://data/backbones/",
  );
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
});

it("says that no stack runs", () => {
  const { status, stderr } = retrain();
  expect(stderr).toContain("No local stack runs. Start one with 'npm start' in another terminal.");
  expect(status).toBe(1);
});
