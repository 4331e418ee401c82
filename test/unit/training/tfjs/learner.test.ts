import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultHyperparameters } from "../../../../core/contracts/execution.ts";
import { FolderStore } from "../../../../core/folder-store.ts";
import { cachePhotographs, labelledRows } from "../../../../training/tfjs/data.ts";
import { createLearner, disposeExamples, type LearnerOptions } from "../../../../training/tfjs/learner.ts";
import { mobilenet } from "../../../../training/tfjs/mobilenet.ts";
import { combineReporters } from "../../../../training/tfjs/reporter.ts";
import type { Tensorflow } from "../../../../training/tfjs/tensorflow.ts";
import { buildTinyBackbone } from "../../../support/tiny-backbone.ts";
import { makeTinyDataset, temporaryFolder } from "../../../support/tiny-dataset.ts";

const hyperparameters = { ...defaultHyperparameters.mobilenet, cnn: "mobilenet", finetuneDepth: 3 } as const;
let folder: string;
let model: Tensorflow.LayersModel;
let options: LearnerOptions;

beforeAll(async () => {
  folder = await temporaryFolder();
  const dataset = await makeTinyDataset(new FolderStore(folder), { train: 8, validation: 4, test: 4 });
  const cache = await cachePhotographs(dataset, ["train", "validation"], join(folder, "cache"));
  const backbone = { model: buildTinyBackbone(), sha256: "", address: "" };
  model = await mobilenet.build({ hyperparameters, outputBias: [5, 5, 5], backbone });
  options = {
    cache,
    featureFolder: join(folder, "features"),
    train: labelledRows(dataset, "train"),
    validation: labelledRows(dataset, "validation"),
    reporter: combineReporters(),
  };
});
afterAll(async () => {
  await options.cache.close();
  await rm(folder, { recursive: true });
});

describe("createLearner", () => {
  for (const phase of mobilenet.phases(hyperparameters)) {
    it(`shows '${phase.name}' of mobilenet each photograph as it is, whatever the seed`, async () => {
      const learning = new Set(phase.trainable(model));
      for (const layer of model.layers) layer.trainable = learning.has(layer);
      const learner = await createLearner(model, phase, options);
      const seen = async (seed?: number[]) => {
        const values: number[][] = [];
        const one = options.train.slice(1, 2);
        for await (const examples of learner.read(one, { batchSize: 1, ...(seed && { seed }) })) {
          values.push(...examples.inputs.map((input) => Array.from(input.dataSync())));
          disposeExamples(examples);
        }
        return values;
      };
      const asItIs = await seen();
      for (const seed of [1, 2, 3]) expect(await seen([seed])).toEqual(asItIs);
      await learner.release();
    });
  }
});
