import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { sendTaskFailure } from "../../../../aws/state-machine.ts";
import { trainingResult } from "../../../../core/contracts/pipeline.ts";
import {
  type TrainingEvent,
  type TrainingJob,
  trainingEvent,
  trainingKeys,
} from "../../../../core/contracts/training.ts";
import { artifactPrefix } from "../../../../core/mlflow/artifacts.ts";
import { equals } from "../../../../core/mlflow/filter.ts";
import { loadOnnxModel } from "../../../../core/model/onnx-model.ts";
import { runTags } from "../../../../core/run-tags.ts";
import { writeJson } from "../../../../core/storage.ts";
import { localAws } from "../../../../local/ministack.ts";
import { root } from "../../../../scripts/setup/paths.ts";
import { localClient } from "../../../support/ministack.ts";
import { createSandbox, type Sandbox } from "../../../support/pipeline.ts";
import { buildTinyBackbone, saveLayersModel } from "../../../support/tiny-backbone.ts";
import { makeTinyDataset, temporaryFolder, tinyVersion } from "../../../support/tiny-dataset.ts";
import { createJob } from "../../../support/training-job.ts";
import { startWaitingTask, type WaitingTask } from "../../../support/waiting-task.ts";

const { aws, mlflow: trackingUri, artifactBucket } = inject("services");
const sfn = new SFNClient(localClient(aws));
let sandbox: Sandbox;
let cacheFolder: string;

beforeAll(async () => {
  sandbox = await createSandbox();
  cacheFolder = await temporaryFolder();
  await makeTinyDataset(sandbox.data, { train: 16, validation: 8, test: 8 });
});
afterAll(() => rm(cacheFolder, { recursive: true }));

/** Starts the trainer as the worker does. */
function startTrainer({ runId }: TrainingJob): ChildProcess {
  return spawn(process.execPath, [join(root, "training/tfjs/main.ts")], {
    env: {
      ...process.env,
      ...localAws(aws),
      DATA_BUCKET: sandbox.data.bucket,
      ARTIFACT_BUCKET: artifactBucket,
      MLFLOW_TRACKING_URI: trackingUri,
      JOB_KEY: trainingKeys.job(runId),
      CACHE_FOLDER: cacheFolder,
      HEARTBEAT_SECONDS: "0.5",
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
}

/** Runs the trainer to its end; `onEvent` sees each event as it is printed. */
async function train(job: TrainingJob, onEvent?: (event: TrainingEvent, trainer: ChildProcess) => void) {
  const trainer = startTrainer(job);
  const events: TrainingEvent[] = [];
  const lines = createInterface({ input: trainer.stdout as NodeJS.ReadableStream });
  lines.on("line", (line) => {
    const event = trainingEvent.parse(JSON.parse(line));
    events.push(event);
    onEvent?.(event, trainer);
  });
  const [code] = await once(trainer, "close");
  return { code: code as number | null, events };
}

describe("a trainer", () => {
  let job: TrainingJob;
  let task: WaitingTask;
  let outcome: Awaited<ReturnType<typeof train>>;
  let prefix: string;
  beforeAll(async () => {
    ({ job, task } = await createJob(sandbox));
    prefix = artifactPrefix(artifactBucket, job.artifactUri);
    outcome = await train(job);
  });

  it("answers the state machine with the version that it registered", async () => {
    expect(outcome.code).toBe(0);
    const end = await task.end();
    expect(end.status).toBe("SUCCEEDED");
    const result = trainingResult.parse(JSON.parse(end.output ?? ""));
    expect(result).toMatchObject({ runId: job.runId, modelVersion: "1", reused: false });
    expect(result.metrics.best_val_mae).toBeGreaterThan(0);
    const version = await sandbox.mlflow.registry.getVersion(job.input.modelName, "1");
    expect(version).toMatchObject({ runId: job.runId, source: `${job.artifactUri}/model` });
  });

  it("logs parameters, the dataset, and metrics of each epoch to the run", async () => {
    const run = await sandbox.mlflow.runs.get(job.runId);
    expect(run).toMatchObject({ status: "FINISHED" });
    expect(run?.params).toMatchObject({ cnn: "compact", epochs: "2", seed: "42", datasetVersion: tinyVersion });
    expect(run?.metrics).toMatchObject({ dataset_photographs: 32, "dropped_no-photograph": 1, best_val_n: 7 });
    expect(run?.metrics.export_max_difference_days).toBeLessThanOrEqual(1e-4);
    const history = await sandbox.mlflow.runs.metricHistory(job.runId, "train_loss");
    expect(history.map(({ step }) => step)).toEqual([1, 2]);
  });

  it("stores the figures, and the model as serving loads it", async () => {
    for (const name of ["learning-curve.svg", "predicted-against-true.svg"]) {
      expect(Buffer.from(await sandbox.artifacts.store.read(`${prefix}plots/${name}`)).toString()).toContain("<svg");
    }
    const model = await loadOnnxModel(await sandbox.artifacts.store.read(`${prefix}model/model.onnx`));
    await model.release();
    expect(await sandbox.artifacts.store.head(`${prefix}model/MLmodel`)).toBeDefined();
  });

  it("prints its progress as events", () => {
    const kinds = outcome.events.map(({ event }) => event);
    expect(kinds.filter((kind) => kind === "epoch")).toHaveLength(2);
    expect(new Set(kinds)).toEqual(new Set(["prepare", "start", "batch", "epoch", "finished"]));
    expect(kinds.at(-1)).toBe("finished");
  });

  it("neither trains nor registers again when it is started again", async () => {
    const again = await startWaitingTask(aws);
    await writeJson(sandbox.data, trainingKeys.job(job.runId), { ...job, taskToken: again.taskToken });
    const { code, events } = await train(job);
    expect(code).toBe(0);
    expect(JSON.parse((await again.end()).output ?? "")).toMatchObject({ modelVersion: "1", reused: true });
    expect(events.map(({ event }) => event)).toEqual(["finished"]);
    expect(await sandbox.mlflow.registry.versionsOfRun(job.input.modelName, job.runId)).toHaveLength(1);
  });
});

describe("a trainer of a pretrained network", () => {
  const childrenOf = ({ runId, experimentId }: TrainingJob) =>
    sandbox.mlflow.runs.search([experimentId], equals("tags.`mlflow.parentRunId`", runId));
  const pretrainedJob = async (hyperparameters: TrainingJob["input"]["hyperparameters"]) => {
    const backbone = join(cacheFolder, "backbone");
    await saveLayersModel(buildTinyBackbone(), backbone);
    return createJob(sandbox, { input: { hyperparameters, backbone } });
  };
  const hyperparameters = () =>
    ({ ...sandbox.input.hyperparameters, cnn: "mobilenet", epochs: 2, batchSize: 8 }) as const;

  it("logs each phase to a run of its own below the training's, and says which became the version", async () => {
    const { job, task } = await pretrainedJob({ ...hyperparameters(), finetuneDepth: 3 });
    expect((await train(job)).code).toBe(0);
    expect(await task.end()).toMatchObject({ status: "SUCCEEDED" });
    const children = await childrenOf(job);
    expect(children.map(({ tags }) => tags[runTags.phase]).sort()).toEqual(["finetune", "head"]);
    for (const child of children) {
      expect(child.status).toBe("FINISHED");
      expect((await sandbox.mlflow.runs.metricHistory(child.runId, "val_mae")).map(({ step }) => step)).toEqual([1, 2]);
    }
    const parent = await sandbox.mlflow.runs.get(job.runId);
    const chosen = children.filter(({ tags }) => tags[runTags.chosen] === "true");
    expect(chosen.map(({ tags }) => tags[runTags.phase])).toEqual([parent?.tags[runTags.phase]]);
    const best = (id: string) =>
      sandbox.mlflow.runs.metricHistory(id, "val_mae").then((all) => Math.min(...all.map((m) => m.value)));
    const errors = await Promise.all(children.map(({ runId }) => best(runId)));
    expect(await best(chosen[0]?.runId ?? "")).toBe(Math.min(...errors));
    expect(parent?.params).toMatchObject({ cnn: "mobilenet", backboneSha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const history = await sandbox.mlflow.runs.metricHistory(job.runId, "val_mae");
    expect(history.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  });

  it("resumes the run of a trainer that died", async () => {
    const { job } = await pretrainedJob({ ...hyperparameters(), finetuneDepth: 3 });
    const died = await train(job, (event, trainer) => {
      if (event.event === "epoch" && event.phase === "finetune") trainer.kill("SIGKILL");
    });
    expect(died.code).toBe(null);
    const before = (await childrenOf(job)).map(({ runId }) => runId);
    expect((await train(job)).code).toBe(0);
    const after = await childrenOf(job);
    expect(after).toHaveLength(2);
    expect(after.map(({ runId }) => runId)).toEqual(expect.arrayContaining(before));
  });

  it("has one run where there is one phase", async () => {
    const { job } = await pretrainedJob({ ...hyperparameters(), finetuneDepth: 0 });
    expect((await train(job)).code).toBe(0);
    expect(await childrenOf(job)).toEqual([]);
  });
});

describe("a trainer that cannot finish", () => {
  it("fails the state and the run by name when its dataset is gone", async () => {
    const { job, task } = await createJob(sandbox, { datasetVersion: "00000000000000ff" });
    const { code, events } = await train(job);
    expect(code).toBe(1);
    expect(events.at(-1)).toMatchObject({ event: "failed", error: "NotFound" });
    expect(await task.end()).toMatchObject({ status: "FAILED", error: "NotFound" });
    const run = await sandbox.mlflow.runs.get(job.runId);
    expect(run).toMatchObject({ status: "FAILED", tags: { [runTags.failureError]: "NotFound" } });
    expect(run?.tags[runTags.failureReason]).toContain("00000000000000ff");
  });

  it("says so when it is told to stop", async () => {
    const { job, task } = await createJob(sandbox, { epochs: 1000 });
    const { code } = await train(job, ({ event }, trainer) => void (event === "epoch" && trainer.kill("SIGTERM")));
    expect(code).toBe(1);
    expect(await task.end()).toMatchObject({ status: "FAILED", error: "TrainerStopped" });
    expect(await sandbox.mlflow.runs.get(job.runId)).toMatchObject({ status: "FAILED" });
  });

  it("stops by itself when its execution has ended", async () => {
    const { job, task } = await createJob(sandbox, { epochs: 1000 });
    let stopped = false;
    const { code, events } = await train(job, ({ event }) => {
      if (event !== "epoch" || stopped) return;
      stopped = true;
      void sendTaskFailure(sfn, task.taskToken, new Error("timed out"));
    });
    expect(code).toBe(1);
    expect(events.at(-1)).toMatchObject({ event: "failed", error: "TrainerAbandoned" });
  });

  it("goes on with the token of the execution that took it up", async () => {
    const { job, task } = await createJob(sandbox, { epochs: 6 });
    const newer = await startWaitingTask(aws);
    let swapped: Promise<unknown> | undefined;
    const { code } = await train(job, ({ event }) => {
      if (event !== "epoch") return;
      swapped ??= writeJson(sandbox.data, trainingKeys.job(job.runId), { ...job, taskToken: newer.taskToken }).then(
        () => sendTaskFailure(sfn, task.taskToken, new Error("timed out")),
      );
    });
    await swapped;
    expect(code).toBe(0);
    expect(await newer.end()).toMatchObject({ status: "SUCCEEDED" });
  });
});
