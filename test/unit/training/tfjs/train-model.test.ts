import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultHyperparameters } from "../../../../core/contracts/execution.ts";
import type { Dataset } from "../../../../core/dataset/open.ts";
import { FolderStore } from "../../../../core/folder-store.ts";
import { readModelFolder } from "../../../../core/model/folder.ts";
import { loadOnnxModel } from "../../../../core/model/onnx-model.ts";
import { labelledOfSplit, scoreModel } from "../../../../core/model/score.ts";
import { type TrainOptions, trainModel } from "../../../../training/tfjs/train-model.ts";
import { makeTinyDataset, temporaryFolder } from "../../../support/tiny-dataset.ts";

let folder: string;
let dataset: Dataset;
beforeAll(async () => {
  folder = await temporaryFolder();
  dataset = await makeTinyDataset(new FolderStore(folder), { train: 24, validation: 12, test: 12 });
});
afterAll(() => rm(folder, { recursive: true }));

function train(
  name: string,
  changes: Partial<TrainOptions["hyperparameters"]> = {},
  options: Partial<TrainOptions> = {},
) {
  return trainModel({
    dataset,
    hyperparameters: { ...defaultHyperparameters.compact, cnn: "compact", batchSize: 8, epochs: 2, ...changes },
    name: "avocado-model",
    outFolder: join(folder, name),
    cacheFolder: join(folder, "cache"),
    ...options,
  });
}

describe("trainModel", () => {
  it("leaves a model folder that serving takes, equal to the network, with all that is known of it", async () => {
    const plots: Record<string, string> = {};
    const { sidecar, metrics } = await train(
      "model",
      {},
      { reporter: { onPlots: (svgs) => void Object.assign(plots, svgs) } },
    );
    const read = await readModelFolder(join(folder, "model"));
    expect(read.sidecar).toEqual(sidecar);
    expect(sidecar).toMatchObject({ network: "compact", source: "tiny", datasetVersion: dataset.summary.version });
    expect(sidecar.exportMaxDifferenceDays).toBeLessThanOrEqual(1e-4);
    expect(sidecar.trainingFruits).toHaveLength(12);
    expect(sidecar.trainingFruits.every((fruit) => fruit.startsWith("train-"))).toBe(true);
    expect(sidecar.metrics).toMatchObject({ best_val_mae: metrics.mae, best_val_n: 11, epochs: 2 });
    expect(Object.keys(plots)).toEqual(["learning-curve.svg", "predicted-against-true.svg"]);
    const model = await loadOnnxModel(read.onnx);
    expect(await scoreModel(model, labelledOfSplit(dataset, "validation"))).toEqual(metrics);
    await model.release();
  });

  it("learns: the days follow the brightness of the fruits", async () => {
    const untrained = await train("untrained", { epochs: 1, learningRate: 1e-9 });
    const { metrics } = await train("trained", { epochs: 12 });
    expect(metrics.mae).toBeLessThan(0.6 * untrained.metrics.mae);
  });

  for (const learningRate of [0.03, 0.1, 1, 10]) {
    it(`makes a valid model of a bad training at rate ${learningRate}`, async () => {
      const { metrics } = await train("bad", { epochs: 1, learningRate });
      expect(metrics.mae).toBeGreaterThan(3);
      expect(metrics.mae).toBeLessThan(100);
    });
  }

  it("does not read the test fruits", async () => {
    const read: string[] = [];
    const watched: Dataset = {
      ...dataset,
      readShard(key) {
        read.push(key);
        return dataset.readShard(key);
      },
    };
    await train("blind", { epochs: 1 }, { dataset: watched, cacheFolder: join(folder, "own-cache") });
    expect(read.sort()).toEqual(["shards/train.npy", "shards/validation.npy"]);
  });

  it("leaves no model behind when it is aborted", async () => {
    const signal = AbortSignal.abort(new Error("stopped"));
    await expect(train("aborted", {}, { signal })).rejects.toThrow("stopped");
    expect(await readdir(folder)).not.toContain("aborted");
  });

  it("rejects a network that it cannot train, and a dataset without labels", async () => {
    await expect(train("other", { cnn: "resnet50" })).rejects.toThrow("This trainer cannot train 'resnet50'");
    const unlabelled = { ...dataset, rows: dataset.rows.map(({ shelfLifeDays, ...row }) => row) };
    await expect(train("none", {}, { dataset: unlabelled })).rejects.toMatchObject({ name: "InvalidDataset" });
  });
});
