import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultHyperparameters } from "../../../../core/contracts/execution.ts";
import type { Dataset } from "../../../../core/dataset/open.ts";
import { FolderStore } from "../../../../core/folder-store.ts";
import { readModelFolder } from "../../../../core/model/folder.ts";
import { type Backbone, loadBackbone } from "../../../../training/tfjs/backbone.ts";
import { cachePhotographs, labelledRows } from "../../../../training/tfjs/data.ts";
import { fitModel } from "../../../../training/tfjs/fit.ts";
import { findFeatureTaps } from "../../../../training/tfjs/graph.ts";
import { mobilenet } from "../../../../training/tfjs/mobilenet.ts";
import type { Phase } from "../../../../training/tfjs/network.ts";
import { combineReporters } from "../../../../training/tfjs/reporter.ts";
import type { Tensorflow } from "../../../../training/tfjs/tensorflow.ts";
import { type TrainOptions, trainModel } from "../../../../training/tfjs/train-model.ts";
import { buildTinyBackbone, saveLayersModel } from "../../../support/tiny-backbone.ts";
import { makeTinyDataset, temporaryFolder } from "../../../support/tiny-dataset.ts";

let folder: string;
let dataset: Dataset;
let backboneFolder: string;
const hyperparameters = {
  ...defaultHyperparameters.mobilenet,
  cnn: "mobilenet",
  batchSize: 8,
  epochs: 2,
  finetuneDepth: 3,
} as const;
beforeAll(async () => {
  folder = await temporaryFolder();
  dataset = await makeTinyDataset(new FolderStore(folder), { train: 24, validation: 12, test: 12 });
  backboneFolder = join(folder, "backbone");
  await saveLayersModel(buildTinyBackbone(), backboneFolder);
});
afterAll(() => rm(folder, { recursive: true }));

function train(name: string, changes: Partial<TrainOptions> = {}) {
  return trainModel({
    dataset,
    hyperparameters,
    name: "avocado-model",
    outFolder: join(folder, name),
    cacheFolder: join(folder, "cache"),
    backbone: backboneFolder,
    ...changes,
  });
}

const load = (): Promise<Backbone> => loadBackbone(backboneFolder, { cacheFolder: folder });

/** Weights by layer's name. */
function weightsOf({ layers }: Tensorflow.LayersModel): Record<string, number[][]> {
  const entries = layers.map((layer) => [layer.name, layer.getWeights().map((w) => Array.from(w.dataSync()))] as const);
  return Object.fromEntries(entries.filter(([, weights]) => weights.length > 0));
}

/** Names of the layers whose weights differ. */
function changed(before: Record<string, number[][]>, after: Record<string, number[][]>): string[] {
  return Object.keys(before).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

async function fitPhases(phases: ("head" | "finetune")[], epochs = 1, changes: Partial<Phase> = {}) {
  const model = await mobilenet.build({ hyperparameters, outputBias: [5, 5, 5], backbone: await load() });
  const before = weightsOf(model);
  const cache = await cachePhotographs(dataset, ["train", "validation"], join(folder, "cache"));
  const chosen = mobilenet
    .phases(hyperparameters)
    .filter(({ name }) => phases.some((phase) => phase === name))
    .map((phase) => (phase.name === "finetune" ? { ...phase, ...changes } : phase));
  const fitted = await fitModel(model, chosen, {
    cache,
    featureFolder: join(folder, "features"),
    train: labelledRows(dataset, "train"),
    validation: labelledRows(dataset, "validation"),
    hyperparameters: { ...hyperparameters, epochs },
    reporter: combineReporters(),
  });
  await cache.close();
  return { ...fitted, model, changed: changed(before, weightsOf(model)) };
}

describe("mobilenet", () => {
  it("is exported as one graph that gives what backbone and head give, and says where it comes from", async () => {
    const { sidecar } = await train("model");
    expect(sidecar.exportMaxDifferenceDays).toBeLessThanOrEqual(1e-4);
    const { sha256 } = await load();
    expect(sidecar).toMatchObject({ network: "mobilenet", backbone: { address: backboneFolder, sha256 } });
    expect(sidecar.attribution).toContain("Apache");
    expect(["head", "finetune"]).toContain(sidecar.phase);
    expect((await readModelFolder(join(folder, "model"))).sidecar).toEqual(sidecar);
  });

  it("trains the head alone first", async () => {
    const { changed, history } = await fitPhases(["head"]);
    expect(changed.length).toBeGreaterThan(5);
    expect(changed.every((name) => name.startsWith("head_"))).toBe(true);
    expect(history.map(({ phase }) => phase)).toEqual(["head"]);
  });

  it("then the last layers of the backbone too, at a hundredth of the rate, all statistics frozen", async () => {
    const { changed, history } = await fitPhases(["finetune"]);
    expect(changed.filter((name) => !name.startsWith("head_"))).toEqual(["conv_pw_2"]);
    expect(changed).toContain("head_hidden");
    expect(changed.filter((name) => name.endsWith("_bn"))).toEqual([]);
    expect(history[0]?.learningRate).toBeLessThanOrEqual(hyperparameters.learningRate / 100);
  });

  it("begins to fine-tune where the head did best: without a step, validation says the same", async () => {
    const { history } = await fitPhases(["head", "finetune"], 3, { learningRateFactor: 0 });
    const errorsOf = (name: string) => history.filter(({ phase }) => phase === name).map(({ valMae }) => valMae);
    for (const error of errorsOf("finetune")) expect(error).toBeCloseTo(Math.min(...errorsOf("head")), 5);
  });

  it("keeps the phase that did better on validation", async () => {
    const { history, phase } = await fitPhases(["head", "finetune"], 3);
    const best = history.toSorted((a, b) => a.valLoss - b.valLoss)[0];
    expect(phase).toBe(best?.phase);
  });

  it("has no second phase where it would train nothing of the backbone", () => {
    expect(mobilenet.phases({ ...hyperparameters, finetuneDepth: 0 }).map(({ name }) => name)).toEqual(["head"]);
  });

  it("computes what the backbone sees of a photograph once, also for the next training", async () => {
    const seen: string[] = [];
    const onBatch = ({ phase }: { phase: string }) => void seen.push(phase);
    const cacheFolder = join(folder, "own-cache");
    await train("first", { cacheFolder, reporter: { onBatch } });
    expect(seen.filter((phase) => phase === "features").length).toBeGreaterThan(0);
    seen.length = 0;
    await train("second", { cacheFolder, reporter: { onBatch } });
    expect(seen).not.toContain("features");
    const files = await readdir(join(cacheFolder, dataset.summary.version));
    // One for each phase: they see the photographs from different layers on.
    expect(files.filter((name) => name.endsWith(".features"))).toHaveLength(2);
    expect(files.filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  it("is rejected without a backbone, with what to do", async () => {
    await expect(train("none", { backbone: undefined })).rejects.toMatchObject({
      name: "InvalidInput",
      message: expect.stringMatching(/command 'backbone download'.*backbone=<folder/),
    });
  });
});

describe("findFeatureTaps", () => {
  it("finds where what learns begins", async () => {
    const model = await mobilenet.build({ hyperparameters, outputBias: [5, 5, 5], backbone: await load() });
    const cutsOf = (names: string[]) =>
      findFeatureTaps(model, new Set(model.layers.filter(({ name }) => names.includes(name)))).map(
        (c) => c.sourceLayer.name,
      );
    expect(cutsOf(["conv_pw_2"])).toEqual(
      expect.arrayContaining(["conv_pw_1_relu", "head_seen_0_mean", "head_colours_mean"]),
    );
    expect(cutsOf(["head_seen_bn"])).toEqual(expect.arrayContaining(["head_seen", "head_colours_mean"]));
    expect(cutsOf(["head_groups"])).toEqual(["head_hidden"]);
  });
});
