import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMlflowClient } from "../../core/mlflow/client.ts";
import { runsOfExecution } from "../../core/run-tags.ts";
import type { FaultSettings } from "../../kaggle-emulator/faults.ts";
import { executeRetraining } from "../../scripts/local/execute.ts";
import { Progress } from "../../scripts/local/progress.ts";
import type { Report } from "../../scripts/local/report.ts";
import { ensureSample } from "../../scripts/local/sample.ts";
import { type LocalStack, startLocalStack } from "../../scripts/local/stack.ts";
import { uploadData } from "../../scripts/local/upload.ts";

/* The whole system on this machine with the local Kaggle as trainer, which really runs the notebook. */
describe("strategy 'kaggle'", () => {
  let folder: string;
  let stack: LocalStack;
  let data: string;
  let first: Report;

  const execute = (seed: number): Promise<Report> => {
    const input = { data, strategy: "kaggle", hyperparameters: { epochs: 1, learningRate: 0.01, seed } };
    return executeRetraining(stack, input, new Progress(), new AbortController().signal);
  };
  const health = async () =>
    (await (await fetch(`${stack.urls.api}/health`)).json()) as { model: { version: string; alias: string } };
  const setFaults = (faults: FaultSettings) =>
    fetch(`${stack.urls.kaggle}/_emulator/faults`, { method: "PUT", body: JSON.stringify(faults) });
  const phasesOf = async ({ executionArn }: Report) => {
    const runs = await runsOfExecution(createMlflowClient({ trackingUri: stack.mlflow.url }), executionArn);
    return Object.fromEntries(runs.map((run) => [run.tags["kaggle.phase"] ?? "", run]));
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "avocado-kaggle-"));
    const sample = await ensureSample(join(folder, "sample"), () => {}, { fruits: 24, seed: 7 });
    stack = await startLocalStack({
      folder: join(folder, "state"),
      reset: false,
      say: () => {},
      onTrainerLine: () => {},
      kaggle: { service: "local", tunnel: false, weights: "none" },
    });
    data = await uploadData(sample, stack.raw);
  });

  afterAll(async () => {
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("answers with the bootstrap model before anything was promoted", async () => {
    expect((await health()).model).toMatchObject({ version: "bootstrap", alias: "bootstrap" });
  });

  it("trains both phases, promotes the model and serves it", async () => {
    first = await execute(1);
    expect(first.reason).toMatch(/^Version 1 is promoted/);
    expect(first).toMatchObject({ status: "SUCCEEDED", promoted: true, prediction: { model: { version: "1" } } });
    const { head, finetune } = await phasesOf(first);
    expect(head).toMatchObject({ status: "FINISHED", metrics: { val_loss: expect.any(Number) } });
    expect(finetune).toMatchObject({
      status: "FINISHED",
      runId: first.runId,
      metrics: { test_mse: expect.any(Number) },
    });
  });

  it("says why a kernel failed, in the execution and in both runs, while the champion serves", async () => {
    await setFaults({ kernel: "error" });
    const report = await execute(2);
    expect(report).toMatchObject({ status: "FAILED", promoted: false });
    expect(report.reason).toMatch(/^KernelFailed: .*RuntimeError: Fault on demand/s);
    for (const run of Object.values(await phasesOf(report))) {
      expect(run).toMatchObject({ status: "FAILED", tags: { "failure.error": "KernelFailed" } });
      expect(run.tags["failure.reason"]).toMatch(/RuntimeError: Fault on demand/);
    }
    expect((await health()).model.version).toBe("1");
  });

  it.each<[string, FaultSettings, RegExp]>([
    ["a kernel that is cancelled", { kernel: "cancel" }, /^KernelCancelled: /],
    ["a quota that is used up", { kernel: "quota" }, /Maximum weekly GPU quota.*reached\. Wait.*strategy 'ecs'/s],
  ])("fails on %s, while the champion serves", async (_, faults, reason) => {
    await setFaults(faults);
    const report = await execute(3);
    expect(report).toMatchObject({ status: "FAILED", reason: expect.stringMatching(reason) });
    expect((await health()).model.version).toBe("1");
  });
});
