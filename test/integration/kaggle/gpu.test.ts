import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { lastLines } from "../../../core/kaggle/kernels.ts";
import { startTestKaggle, type TestKaggle } from "../../support/kaggle.ts";
import { kaggleSteps } from "../../support/kaggle-steps.ts";

const notebook = await readFile(new URL("../../../training/kaggle/train.ipynb", import.meta.url), "utf8");
let kaggle: TestKaggle;
beforeAll(async () => {
  kaggle = await startTestKaggle();
});
afterAll(() => kaggle.stop());

it("trains and exports where variables lie on another device than the processor", { timeout: 600_000 }, async () => {
  await kaggle.setFaults({ simulatedGpu: true });
  const steps = await kaggleSteps(kaggle.url, { epochs: 1, batchSize: 8, finetuneDepth: 3, learningRate: 0.01 });
  const kernel = await steps.push(await steps.uploadToEnd(), notebook);
  const checks = await steps.checkToEnd(kernel);
  expect(checks.at(-1)?.Cause).toBeUndefined();
  const { log } = await steps.kaggle.kernels.outputs(kernel);
  // What is exported is compared in the precision of the graph, not in that of the training.
  expect(lastLines(log, 100)).toMatch(/1 GPU, mixed_float16$/m);
  expect(lastLines(log, 100)).toMatch(/ONNX differs from Keras by \d\.\d\de-0[4-9] days/);
  await expect(steps.collect(kernel)).resolves.toMatchObject({ runId: kernel.runId });
});
