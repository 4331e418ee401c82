import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultHyperparameters, type Hyperparameters } from "../../../../core/contracts/execution.ts";
import type { EpochReport } from "../../../../core/contracts/training.ts";
import { FolderStore } from "../../../../core/folder-store.ts";
import {
  cachePhotographs,
  type LabelledRow,
  labelledRows,
  type PhotographCache,
} from "../../../../training/tfjs/data.ts";
import { fitModel, patience } from "../../../../training/tfjs/fit.ts";
import { networkNamed } from "../../../../training/tfjs/networks.ts";
import { combineReporters, type Reporter } from "../../../../training/tfjs/reporter.ts";
import { type Tensorflow, tf } from "../../../../training/tfjs/tensorflow.ts";
import { makeTinyDataset, temporaryFolder } from "../../../support/tiny-dataset.ts";

type Symbolic = Tensorflow.SymbolicTensor;
const hyperparameters: Hyperparameters = { ...defaultHyperparameters.compact, cnn: "compact", batchSize: 4, epochs: 2 };
const phases = [{ name: "train", trainable: ({ layers }: Tensorflow.LayersModel) => layers, learningRateFactor: 1 }];
let folder: string;
let cache: PhotographCache;
let train: LabelledRow[];
let validation: LabelledRow[];

beforeAll(async () => {
  folder = await temporaryFolder();
  const dataset = await makeTinyDataset(new FolderStore(folder), { train: 12, validation: 6, test: 4 });
  cache = await cachePhotographs(dataset, ["train", "validation"], folder);
  train = labelledRows(dataset, "train");
  validation = labelledRows(dataset, "validation");
});
afterAll(async () => {
  await cache.close();
  await rm(folder, { recursive: true });
});

/** Mean colour and storage condition through dense layers: a network that trains in milliseconds. */
function linearModel(depth = 1): Tensorflow.LayersModel {
  const image = tf.input({ shape: [224, 224, 3], name: "image" });
  const condition = tf.input({ shape: [3], name: "condition" });
  const mean = tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" }).apply(image) as Symbolic;
  let x = tf.layers.concatenate().apply([mean, condition]) as Symbolic;
  for (let i = depth; i > 0; i--) {
    const kernelInitializer = tf.initializers.constant({ value: 0.01 });
    x = tf.layers.dense({ units: i === 1 ? 1 : 4, kernelInitializer }).apply(x) as Symbolic;
  }
  return tf.model({ inputs: [image, condition], outputs: x });
}

function runFit(model: Tensorflow.LayersModel, changes: Partial<Hyperparameters> = {}, reporter: Reporter = {}) {
  return fitModel(model, phases, {
    cache,
    featureFolder: folder,
    train,
    validation,
    hyperparameters: { ...hyperparameters, ...changes },
    reporter: combineReporters(reporter),
  });
}

/** Layer by layer: the model's own list changes its order with what is frozen. */
const weightsOf = ({ layers }: Tensorflow.LayersModel) =>
  layers.flatMap((layer) => layer.getWeights().map((weight) => Array.from(weight.dataSync())));

async function trainCompact(seed: number): Promise<number[][]> {
  const network = networkNamed("compact");
  const own = { ...hyperparameters, seed };
  const model = await network.build({ hyperparameters: own, outputBias: [5, 5, 5] });
  await runFit(model, own);
  const weights = weightsOf(model);
  model.dispose();
  return weights;
}

describe("fitModel", () => {
  it("gives the same weights for the same seed and others for another", async () => {
    const first = await trainCompact(1);
    expect(await trainCompact(1)).toEqual(first);
    expect(await trainCompact(2)).not.toEqual(first);
  });

  it("reports every epoch with its losses", async () => {
    const reports: EpochReport[] = [];
    const { history } = await runFit(linearModel(), {}, { onEpoch: (report) => void reports.push(report) });
    expect(reports).toEqual(history);
    expect(history.map(({ epoch, epochs, phase }) => [phase, epoch, epochs])).toEqual([
      ["train", 1, 2],
      ["train", 2, 2],
    ]);
    expect(history[1]?.trainLoss).toBeLessThan(history[0]?.trainLoss ?? 0);
    expect(history[1]?.secondsLeft).toBe(0);
  });

  it("stops when validation has not improved for a while, and keeps the weights that did best", async () => {
    const model = linearModel();
    const afterEpoch: number[][][] = [];
    // What is learnt from training photographs makes these worse from the second epoch on.
    const days = [-2, -3, -2, -3, -2];
    const contrary = validation.map((row, i) => ({ ...row, shelfLifeDays: days[i] as number }));
    const { history } = await fitModel(model, phases, {
      cache,
      featureFolder: folder,
      train,
      validation: contrary,
      hyperparameters: { ...hyperparameters, epochs: 40, learningRate: 0.001 },
      reporter: combineReporters({ onEpoch: () => void afterEpoch.push(weightsOf(model)) }),
    });
    const losses = history.map(({ valLoss }) => valLoss);
    const best = losses.indexOf(Math.min(...losses));
    expect(history.length).toBe(best + 1 + patience);
    expect(weightsOf(model)).toEqual(afterEpoch[best]);
    expect(afterEpoch.at(-1)).not.toEqual(afterEpoch[best]);
  });

  it("says that a training has diverged, and what to do", async () => {
    await expect(runFit(linearModel(6), { optimizer: "sgd", learningRate: 10, epochs: 5 })).rejects.toMatchObject({
      name: "TrainingDiverged",
      message: expect.stringMatching(/learning rate 10 is too high for 'sgd'/),
    });
  });

  for (const optimizer of ["adam", "sgd", "rmsprop"] as const) {
    it(`learns with ${optimizer} at the given rate`, async () => {
      const [still, moving] = [linearModel(), linearModel()];
      const before = weightsOf(still);
      await runFit(still, { optimizer, learningRate: 1e-12, epochs: 1 });
      await runFit(moving, { optimizer, learningRate: 1e-3, epochs: 1 });
      const distance = (model: Tensorflow.LayersModel) =>
        Math.max(...weightsOf(model).flatMap((w, i) => w.map((value, j) => Math.abs(value - (before[i]?.[j] ?? 0)))));
      expect(distance(still)).toBeLessThan(1e-8);
      expect(distance(moving)).toBeGreaterThan(1e-5);
    });
  }

  it("leaves no tensor behind", async () => {
    const network = networkNamed("compact");
    const run = async () => {
      const model = await network.build({ hyperparameters, outputBias: [5, 5, 5] });
      await runFit(model);
      model.dispose();
      return tf.memory().numTensors;
    };
    const before = await run();
    expect(await run()).toBe(before);
  });

  it("ends with the signal's reason when it is aborted", async () => {
    const controller = new AbortController();
    const options = { cache, featureFolder: folder, train, validation, hyperparameters, signal: controller.signal };
    const reporter = combineReporters({ onBatch: () => controller.abort(new Error("enough")) });
    await expect(fitModel(linearModel(), phases, { ...options, reporter })).rejects.toThrow("enough");
  });

  it("leaves the layers alone that a phase does not train", async () => {
    const model = linearModel(2);
    const before = weightsOf(model);
    const head = [{ name: "head", trainable: () => model.layers.slice(-1), learningRateFactor: 1 }];
    const options = { cache, featureFolder: folder, train, validation, hyperparameters };
    await fitModel(model, head, { ...options, reporter: combineReporters() });
    const after = weightsOf(model);
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after[2]).not.toEqual(before[2]);
  });
});
