import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CheckedKernel } from "../../../../core/contracts/kaggle.ts";
import type { KernelSettings } from "../../../../lambdas/push-kernel/logic.ts";
import { startTestKaggle, type TestKaggle } from "../../../support/kaggle.ts";
import { type KaggleSteps, kaggleSteps } from "../../../support/kaggle-steps.ts";

const notebook = await readFile(new URL("../../../../training/kaggle/train.ipynb", import.meta.url), "utf8");
let kaggle: TestKaggle;
let steps: KaggleSteps;
beforeAll(async () => {
  kaggle = await startTestKaggle();
});
beforeEach(async () => {
  steps = await kaggleSteps(kaggle.url, { epochs: 1, batchSize: 8 });
});
afterEach(() => kaggle.reset());
afterAll(() => kaggle.stop());

async function run(gpu: boolean, settings: Partial<KernelSettings> = {}): Promise<CheckedKernel | undefined> {
  const kernel = await steps.push(await steps.uploadToEnd(), notebook, { settings: { gpu, ...settings } });
  return (await steps.checkToEnd(kernel)).at(-1);
}

describe("the notebook, before it trains anything, ends with a sentence when", () => {
  it("packages that the export needs can be neither imported nor installed", async () => {
    await kaggle.setFaults({ lackingModules: ["onnx"] });
    const { Error: error, Cause: cause } = (await run(false)) ?? {};
    expect(error).toBe("KernelFailed");
    expect(cause).toMatch(/onnx.* cannot be installed.*phone number is not verified/);
  });

  it("ImageNet's weights cannot be downloaded", async () => {
    await kaggle.setFaults({ internet: false });
    const cause = (await run(false, { weights: "imagenet" }))?.Cause;
    expect(cause).toMatch(/RuntimeError: ImageNet's weights cannot be downloaded\..*phone number is not verified/);
  });

  it("there is no GPU although one was asked for", async () => {
    expect((await run(true))?.Cause).toMatch(/RuntimeError: There is no GPU, although one was asked for/);
  });

  it("a shard is not as it was uploaded, once the dataset is there", async () => {
    await kaggle.setFaults({ mountSeconds: 12, damagedInputs: ["shards/train.npy"] });
    expect((await run(false))?.Cause).toMatch(/ValueError: Shard shards\/train.npy is not as it was uploaded/);
  });
});
