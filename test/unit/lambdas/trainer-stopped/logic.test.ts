import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { validateInput } from "../../../../core/contracts/execution.ts";
import { trainingKeys } from "../../../../core/contracts/training.ts";
import { FolderStore } from "../../../../core/folder-store.ts";
import { writeJson } from "../../../../core/storage.ts";
import {
  describeEnd,
  endOfTask,
  reportStoppedTrainer,
  stoppedTask,
} from "../../../../lambdas/trainer-stopped/logic.ts";

/** As EventBridge brings it, shortened. */
const event = (change: object = {}) =>
  stoppedTask.parse({
    source: "aws.ecs",
    "detail-type": "ECS Task State Change",
    detail: {
      taskArn: "arn:aws:ecs:us-east-1:000000000000:task/trainers/abc",
      lastStatus: "STOPPED",
      startedBy: "r1",
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
      executionStoppedAt: new Date(Date.now() + 1000).toISOString(),
      stoppedAt: new Date(Date.now() + 20_000).toISOString(),
      containers: [{ name: "Trainer", exitCode: 1 }],
      ...change,
    },
  }).detail;

describe("describeEnd", () => {
  it.each([
    [{}, "TrainerDied", /exit code 1 \(ECS task abc\): Essential container in task exited$/],
    [
      { containers: [{ name: "Trainer", exitCode: 137, reason: "OutOfMemoryError: container killed" }] },
      "TrainerOutOfMemory",
      /more memory/,
    ],
    [
      { stopCode: "TaskFailedToStart", stoppedReason: "CannotPullContainerError: no such image" },
      "TrainerNotStarted",
      /never started .*CannotPull/,
    ],
    [
      { stopCode: "TaskFailedToStart", stoppedReason: "Capacity is unavailable at this time" },
      "NoTrainerCapacity",
      /no capacity/,
    ],
    [{ stopCode: "UserInitiated", stoppedReason: "Task stopped by user" }, "TrainerStopped", /The trainer was stopped/],
    [
      { stopCode: "SpotInterruption", stoppedReason: "Your Spot Task was interrupted." },
      "TrainerInterrupted",
      /took .* back/,
    ],
  ])("names the end of a task: %o", (change, name, words) => {
    const end = describeEnd(event(change));
    expect(end.name).toBe(name);
    expect(end.message).toMatch(words);
  });
});

describe("reportStoppedTrainer", () => {
  let data: FolderStore;
  let failed: [string, string][];
  const report = (change?: object) =>
    reportStoppedTrainer(endOfTask(event(change)), data, async (token, error) => void failed.push([token, error.name]));

  beforeEach(async () => {
    failed = [];
    data = new FolderStore(await mkdtemp(join(tmpdir(), "stopped-")));
    await writeJson(data, trainingKeys.job("r1"), {
      runId: "r1",
      experimentId: "1",
      artifactUri: "s3://artifacts/mlflow/1/r1",
      executionArn: "arn:execution",
      taskToken: "token 1",
      datasetVersion: "v",
      input: validateInput({}),
    });
  });
  afterEach(() => rm(data.folder, { recursive: true }));

  it("fails the token in the job of its run", async () => {
    await report();
    expect(failed).toEqual([["token 1", "TrainerDied"]]);
  });

  it("has a later attempt repeated, whose token this trainer left without an answer while it ended", async () => {
    const createdAt = new Date(Date.now() - 600_000).toISOString();
    await report({ createdAt });
    expect(failed).toEqual([["token 1", "TrainerInterrupted"]]);
  });

  it("fails the attempt that it was started for, and one that ended for a reason that will come again", async () => {
    await report({ createdAt: new Date(Date.now() + 500).toISOString() });
    const containers = [{ name: "Trainer", exitCode: 137, reason: "OutOfMemoryError: container killed" }];
    await report({ createdAt: new Date(Date.now() - 600_000).toISOString(), containers });
    expect(failed.map(([, error]) => error)).toEqual(["TrainerDied", "TrainerOutOfMemory"]);
  });

  it("leaves the token of a later trainer alone", async () => {
    const executionStoppedAt = new Date(Date.now() - 60_000).toISOString();
    expect(await report({ executionStoppedAt })).toBeUndefined();
    expect(failed).toEqual([]);
  });

  it("has nothing to say of a task that trains no run", async () => {
    expect(await report({ startedBy: "somebody" })).toBeUndefined();
    expect(await report({ startedBy: undefined })).toBeUndefined();
  });
});
