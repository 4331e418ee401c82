import { beforeEach, describe, expect, it } from "vitest";
import { validateInput } from "../../../core/contracts/execution.ts";
import type { NotebookTraining, StartTrainingTask, TrainingResult } from "../../../core/contracts/pipeline.ts";
import { type LaunchMessage, trainingJob, trainingKeys } from "../../../core/contracts/training.ts";
import { equals } from "../../../core/mlflow/filter.ts";
import { readJson } from "../../../core/storage.ts";
import { startTraining } from "../../../lambdas/start-training/logic.ts";
import { createSandbox, datasetRef, executionArn, registerTinyModel, type Sandbox } from "../../support/pipeline.ts";

let sandbox: Sandbox;
let launched: LaunchMessage[];
let answered: { taskToken: string; result: TrainingResult | NotebookTraining }[];
let running: Set<string>;

beforeEach(async () => {
  sandbox = await createSandbox();
  launched = [];
  answered = [];
  running = new Set([sandbox.executionArn]);
});

function start(change: Partial<StartTrainingTask> = {}) {
  const { executionArn, input } = sandbox;
  return startTraining(
    { taskToken: "token 1", executionArn, input, dataset: datasetRef, ...change },
    {
      ...sandbox,
      launcher: { launch: async (message) => void launched.push(message) },
      isRunning: async (arn) => running.has(arn),
      succeed: async (taskToken, result) => void answered.push({ taskToken, result }),
    },
  );
}

async function allRuns() {
  const { mlflow, input, artifactRoot } = sandbox;
  const id = await mlflow.experiments.getOrCreate(input.experimentName, artifactRoot);
  return mlflow.runs.search([id], equals("tags.`dataset.version`", datasetRef.version));
}

/** What record-failure leaves behind, the execution being over. */
async function fail(runId: string) {
  await sandbox.mlflow.runs.log(runId, { tags: { "failure.error": "TrainerDied", "failure.reason": "it was killed" } });
  await sandbox.mlflow.runs.update(runId, "FAILED");
  running.clear();
}

describe("startTraining", () => {
  it("makes a run, writes the job and launches a trainer", async () => {
    const { runId } = await start({ input: { ...sandbox.input, runName: "my run" } });
    const run = await sandbox.mlflow.runs.get(runId);
    expect(run).toMatchObject({
      runName: "my run",
      status: "RUNNING",
      tags: { "pipeline.execution": sandbox.executionArn, "dataset.version": datasetRef.version, network: "compact" },
    });
    expect(launched).toEqual([{ runId, jobKey: trainingKeys.job(runId), datasetVersion: datasetRef.version }]);
    const job = await readJson(sandbox.data, trainingKeys.job(runId), (value) => trainingJob.parse(value));
    expect(job).toMatchObject({
      taskToken: "token 1",
      artifactUri: run?.artifactUri,
      datasetVersion: datasetRef.version,
      input: { hyperparameters: sandbox.input.hyperparameters },
    });
  });

  it("makes no second run when it is repeated, and leaves the newest token in the job", async () => {
    const first = await start();
    const second = await start({ taskToken: "token 2" });
    expect(second).toEqual(first);
    expect(await allRuns()).toHaveLength(1);
    const job = await readJson(sandbox.data, trainingKeys.job(first.runId), (value) => trainingJob.parse(value));
    expect(job.taskToken).toBe("token 2");
  });

  it("resumes the run of an execution that failed and forgets its failure", async () => {
    const first = await start();
    await fail(first.runId);
    const next = executionArn("next");
    expect(await start({ executionArn: next })).toEqual({ runId: first.runId, launched: true });
    const run = await sandbox.mlflow.runs.get(first.runId);
    expect(run).toMatchObject({ status: "RUNNING", tags: { "pipeline.execution": next } });
    expect(run?.tags).not.toHaveProperty("failure.reason");
  });

  it("does not train again what was trained before a later step failed", async () => {
    const { runId } = await start();
    const run = await sandbox.mlflow.runs.get(runId);
    await sandbox.mlflow.runs.log(runId, {
      metrics: [
        { key: "val_mse", value: 1.5 },
        { key: "lost", value: Number.NaN },
      ],
    });
    const { version } = await registerTinyModel(sandbox, run as { runId: string; artifactUri: string }, 1);
    await fail(runId);
    launched = [];
    expect(await start({ executionArn: executionArn("next"), taskToken: "token 2" })).toEqual({
      runId,
      launched: false,
    });
    expect(launched).toEqual([]);
    const result = { runId, modelVersion: version, metrics: { val_mse: 1.5 }, reused: true };
    expect(answered).toEqual([{ taskToken: "token 2", result }]);
    expect((await sandbox.mlflow.runs.get(runId))?.status).toBe("FINISHED");
  });

  it("trains anew after an execution that came to its end", async () => {
    const first = await start();
    await sandbox.mlflow.runs.setTag(first.runId, "pipeline.outcome", "concluded");
    running.clear();
    const next = await start({ executionArn: executionArn("next") });
    expect(next.runId).not.toBe(first.runId);
    expect(await allRuns()).toHaveLength(2);
  });

  it("does not take a run away from an execution that is still going on", async () => {
    const first = await start();
    const next = await start({ executionArn: executionArn("meanwhile"), taskToken: "token 2" });
    expect(next.runId).not.toBe(first.runId);
  });

  it("trains anew with other hyperparameters, and with another dataset", async () => {
    const first = await start();
    running.clear();
    const hyperparameters = { ...sandbox.input.hyperparameters, seed: 7 };
    const other = await start({ executionArn: executionArn("b"), input: { ...sandbox.input, hyperparameters } });
    const third = await start({ executionArn: executionArn("c"), dataset: { ...datasetRef, version: "f".repeat(16) } });
    expect(new Set([first.runId, other.runId, third.runId]).size).toBe(3);
  });
});

describe("startTraining of strategy 'sagemaker'", () => {
  const input = () =>
    validateInput({
      strategy: "sagemaker",
      experimentName: sandbox.input.experimentName,
      modelName: sandbox.input.modelName,
      hyperparameters: { epochs: 2 },
    });
  const headOf = async (runId: string) => {
    const { mlflow, artifactRoot } = sandbox;
    const id = await mlflow.experiments.getOrCreate(sandbox.input.experimentName, artifactRoot);
    return (await mlflow.runs.search([id], equals("tags.`mlflow.parentRunId`", runId)))[0];
  };
  const leaveOutputs = (runId: string) => sandbox.data.write(`${trainingKeys.outputs(runId)}run.json`, "{}");

  it("opens the runs of both phases and gives the notebook its parameters", async () => {
    const { runId } = await start({ input: input() });
    const head = await headOf(runId);
    expect(head).toMatchObject({
      status: "RUNNING",
      tags: { "training.phase": "head", "pipeline.strategy": "sagemaker" },
    });
    const job = await readJson(sandbox.data, trainingKeys.job(runId), (value) => trainingJob.parse(value));
    expect(job).toMatchObject({
      headRunId: head?.runId,
      notebook: { run_id: runId, head_run_id: head?.runId, cnn: "mobilenetv2", weights: "imagenet", epochs: 2 },
    });
    expect(launched).toEqual([{ runId, jobKey: trainingKeys.job(runId), datasetVersion: datasetRef.version }]);
  });

  it("does not train again what was trained and not collected", async () => {
    const { runId } = await start({ input: input() });
    await leaveOutputs(runId);
    await fail(runId);
    launched = [];
    const again = await start({ input: input(), executionArn: executionArn("next"), taskToken: "token 2" });
    expect(again).toEqual({ runId, launched: false });
    expect(launched).toEqual([]);
    const head = await headOf(runId);
    expect(answered).toEqual([{ taskToken: "token 2", result: { runId, headRunId: head?.runId } }]);
  });

  it("trains again what could not be used", async () => {
    const { runId } = await start({ input: input() });
    await leaveOutputs(runId);
    await sandbox.mlflow.runs.setTag(runId, "training.rejected", "model.onnx is missing");
    await fail(runId);
    launched = [];
    expect(await start({ input: input(), executionArn: executionArn("next") })).toEqual({ runId, launched: true });
    expect(launched).toHaveLength(1);
  });
});
