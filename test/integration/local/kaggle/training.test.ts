import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { lastLines } from "../../../../core/kaggle/kernels.ts";
import { artifactPrefix, readModelVersion } from "../../../../core/mlflow/artifacts.ts";
import { loadOnnxModel, predictDays } from "../../../../core/model/onnx-model.ts";
import { type BasicAuthProxy, startBasicAuthProxy } from "../../../../local/basic-auth-proxy.ts";
import { startTestKaggle, type TestKaggle } from "../../../support/kaggle.ts";
import { type KaggleSteps, kaggleSteps } from "../../../support/kaggle-steps.ts";
import { executionArn } from "../../../support/pipeline.ts";
import { tinyPhotograph } from "../../../support/tiny-dataset.ts";

const notebook = await readFile(new URL("../../../../training/kaggle/train.ipynb", import.meta.url), "utf8");
let kaggle: TestKaggle;
let steps: KaggleSteps;
let proxy: BasicAuthProxy;
beforeAll(async () => {
  kaggle = await startTestKaggle();
  // The end-to-end tests train on a processor.
  await kaggle.setFaults({ simulatedGpu: true });
  // As through the tunnel: MLflow behind a password.
  proxy = await startBasicAuthProxy(inject("services").mlflow, "kaggle", "proxy's password");
  steps = await kaggleSteps(kaggle.url, { epochs: 2, batchSize: 8, finetuneDepth: 3, learningRate: 0.01 });
});
afterAll(async () => {
  await kaggle.stop();
  await proxy.close();
});

// TensorFlow traces the network twice, which on two busy cores takes minutes.
describe("a training on Kaggle", { timeout: 600_000 }, () => {
  it("ends as if it had been trained here: two runs with their histories, plots, a registered model", async () => {
    const { mlflow, input, artifacts } = steps;
    const source = await steps.uploadToEnd();
    const tracking = { uri: proxy.url, username: "kaggle", password: "proxy's password" };
    const kernel = await steps.push(source, notebook, { settings: { tracking } });
    expect(kernel.outcome).toBe("pushed");
    const [head, run] = await Promise.all([mlflow.runs.get(kernel.headRunId), mlflow.runs.get(kernel.runId)]);
    expect(head?.tags).toMatchObject({ "mlflow.parentRunId": kernel.runId, "kaggle.phase": "head" });
    expect(run).toMatchObject({ status: "RUNNING", tags: { "kaggle.phase": "finetune" } });

    const checks = await steps.checkToEnd(kernel);
    expect(checks.at(-1)?.Cause).toBeUndefined();
    expect(checks.at(-1)).toMatchObject({ outcome: "complete", status: "COMPLETE" });
    // While it trained, it told MLflow of each epoch itself.
    expect(await mlflow.runs.metricHistory(kernel.headRunId, "val_loss")).toHaveLength(2);
    // And whoever watches the local Kaggle.
    const { log } = await steps.kaggle.kernels.outputs(kernel);
    // Variables lie on another device than the processor, on which the export is compared in the graph's precision.
    expect(lastLines(log, 100)).toMatch(/1 GPU, mixed_float16$/m);
    expect(lastLines(log, 100)).toMatch(/ONNX differs from Keras by \d\.\d\de-0[4-9] days/);
    expect(lastLines(log, 100)).toMatch(/^finetune epoch 2\/2 {2}loss [\d.]+ {2}validation loss [\d.]+ {2}MAE /m);

    const result = await steps.collect(kernel);
    expect(result).toMatchObject({ runId: kernel.runId, reused: false });
    for (const [runId, phase, trainable] of [
      [kernel.headRunId, "head", 2_388_353],
      [kernel.runId, "finetune", 574_081],
    ] as const) {
      const { status, params } = (await mlflow.runs.get(runId)) ?? {};
      expect({ status, params }).toMatchObject({
        status: "FINISHED",
        // The second phase trains the head and of the backbone's last three layers the one that is not a batch norm.
        params: { phase, cnn: "mobilenetv2", learningRate: "0.01", trainableParameters: String(trainable) },
      });
      const history = await mlflow.runs.metricHistory(runId, "val_loss");
      expect(history.map(({ step }) => step)).toEqual([1, 2]);
    }
    expect((await mlflow.runs.get(kernel.runId))?.metrics).toMatchObject({
      best_val_mae: expect.any(Number),
      dataset_photographs: 28,
      "dropped_no-photograph": 1,
    });
    const prefix = artifactPrefix(artifacts.name, run?.artifactUri ?? "");
    for (const plot of ["learning-curve.png", "predicted-against-true.png"]) {
      expect((await artifacts.store.head(`${prefix}plots/${plot}`))?.size).toBeGreaterThan(1000);
    }

    const version = await mlflow.registry.getVersion(input.modelName, result.modelVersion);
    const { onnx, sidecar } = await readModelVersion(artifacts, version ?? Object.assign({} as never));
    expect(sidecar).toMatchObject({
      network: "mobilenetv2",
      source: "tiny",
      exportMaxDifferenceDays: expect.any(Number),
    });
    expect(sidecar.trainingFruits.every((fruit) => fruit.startsWith("train-"))).toBe(true);
    const model = await loadOnnxModel(onnx);
    const [days] = await predictDays(model, [tinyPhotograph(5)], ["T20"]);
    expect(days).toEqual(expect.any(Number));
    await model.release();
  });

  it("repeats nothing that is done", async () => {
    const { mlflow, input } = steps;
    await expect(steps.upload()).resolves.toMatchObject({
      ready: true,
      uploaded: false,
      source: expect.stringMatching(/\/1$/),
    });
    steps.running.clear();
    const again = await steps.push("jane/none/1", notebook, { execution: "next" });
    expect(again).toMatchObject({ outcome: "trained", training: { runId: again.runId, reused: true } });
    const before = await mlflow.runs.get(again.runId);
    await steps.collect(again);
    const after = await mlflow.runs.get(again.runId);
    expect(after).toMatchObject({ tags: { "pipeline.execution": executionArn("next") }, metrics: before?.metrics });
    expect(await mlflow.runs.metricHistory(again.runId, "best_val_mae")).toHaveLength(1);
    expect(await mlflow.registry.versionsOfRun(input.modelName, again.runId)).toHaveLength(1);
  });
});
