import { join } from "node:path";
import { median } from "d3-array";
import { storageGroups } from "../../core/contracts/dataset.ts";
import { type Hyperparameters, missingBackbone } from "../../core/contracts/execution.ts";
import type { GroupedMetrics, ModelSidecar } from "../../core/contracts/model.ts";
import type { EpochReport } from "../../core/contracts/training.ts";
import { attributionOf } from "../../core/dataset/attribution.ts";
import type { Dataset } from "../../core/dataset/open.ts";
import { InvalidDatasetError, InvalidInputError } from "../../core/errors.ts";
import { writeModelFolder } from "../../core/model/folder.ts";
import { flattenMetrics, groupedMetrics } from "../../core/model/metrics.ts";
import { loadOnnxModel } from "../../core/model/onnx-model.ts";
import { predictAll } from "../../core/model/score.ts";
import { learningCurve, predictedAgainstTrue } from "../../core/plots/plots.ts";
import type { ObjectStore } from "../../core/storage.ts";
import { type Backbone, loadBackbone } from "./backbone.ts";
import { checkExport, daysRange } from "./check-export.ts";
import { cachePhotographs, type LabelledRow, labelledRows, type PhotographCache } from "./data.ts";
import { fitModel } from "./fit.ts";
import { networkNamed } from "./networks.ts";
import { exportOnnx } from "./onnx/export.ts";
import { combineReporters, type Reporter } from "./reporter.ts";
import { tf } from "./tensorflow.ts";

export interface TrainOptions {
  dataset: Dataset;
  hyperparameters: Hyperparameters;
  /** The model's name, as the registry knows it. */
  name: string;
  /** Where `model.onnx` and `avocado-model.json` go. */
  outFolder: string;
  /** Where photographs are unpacked; kept, so that the next training on the same dataset starts at once. */
  cacheFolder: string;
  /** Where a pretrained network starts from: a folder, a URL or `s3://`. */
  backbone?: string | undefined;
  /** The store behind an `s3://` address of a backbone. */
  openBucket?: (bucket: string) => ObjectStore;
  reporter?: Reporter;
  signal?: AbortSignal;
}

export interface TrainedModel {
  sidecar: ModelSidecar;
  /** On validation, by the exported graph. */
  metrics: GroupedMetrics;
}

/**
 * Trains a network on the training fruits, keeps the weights that do best on the validation fruits, and writes it as a
 * model folder. The test fruits are not read.
 * @throws InvalidDatasetError, InvalidInputError, InvalidModelError, TrainingDivergedError; the signal's reason
 */
export async function trainModel(options: TrainOptions): Promise<TrainedModel> {
  const { dataset, cacheFolder } = options;
  const reporter = combineReporters(options.reporter ?? {});
  const backbone = await findBackbone(options);
  const train = labelledRows(dataset, "train");
  const validation = labelledRows(dataset, "validation");
  for (const [split, { length }] of Object.entries({ train, validation })) {
    if (length === 0) throw new InvalidDatasetError(`No photograph of the ${split} fruits carries a label`);
  }
  const cache = await cachePhotographs(dataset, ["train", "validation"], cacheFolder, (done, total) =>
    reporter.onPrepare(done, total),
  );
  try {
    return await trainAndExport(options, reporter, cache, train, validation, backbone);
  } finally {
    await cache.close();
    backbone?.model.dispose();
  }
}

async function findBackbone(options: TrainOptions): Promise<Backbone | undefined> {
  const { cnn } = options.hyperparameters;
  if (!networkNamed(cnn).pretrained) return undefined;
  if (!options.backbone) throw new InvalidInputError(missingBackbone(cnn));
  const { openBucket, cacheFolder } = options;
  return loadBackbone(options.backbone, {
    cacheFolder: join(cacheFolder, "backbones"),
    ...(openBucket && { openBucket }),
  });
}

async function trainAndExport(
  options: TrainOptions,
  reporter: Required<Reporter>,
  cache: PhotographCache,
  train: readonly LabelledRow[],
  validation: readonly LabelledRow[],
  backbone: Backbone | undefined,
): Promise<TrainedModel> {
  const { dataset, hyperparameters, signal } = options;
  const network = networkNamed(hyperparameters.cnn);
  const model = await network.build({ hyperparameters, outputBias: medianDays(train), backbone });
  try {
    await reporter.onStart({
      ...hyperparameters,
      weights: model.countParams(),
      datasetVersion: dataset.summary.version,
      source: dataset.summary.source.source,
      trainPhotographs: train.length,
      validationPhotographs: validation.length,
      ...(backbone && { backbone: backbone.address, backboneSha256: backbone.sha256 }),
    });
    const featureFolder = join(options.cacheFolder, dataset.summary.version);
    const fitOptions = { cache, featureFolder, train, validation, hyperparameters, reporter, signal };
    const { history, phase } = await fitModel(model, network.phases(hyperparameters), fitOptions);

    const onnx = exportOnnx(model, { uint8Inputs: ["image"], outputName: "days", outputRange: daysRange });
    const exported = await loadOnnxModel(onnx);
    const exportMaxDifferenceDays = await checkExport(model, exported, cache, validation);
    const scored = await predictAll(exported, photographs(cache, validation));
    await exported.release();
    const metrics = groupedMetrics(scored);
    const attribution = [attributionOf(dataset.summary.source), network.attribution].filter(Boolean).join("; ");
    const sidecar: ModelSidecar = {
      name: options.name,
      framework: `tensorflow.js ${tf.version["tfjs-node"]}`,
      network: hyperparameters.cnn,
      datasetVersion: dataset.summary.version,
      source: dataset.summary.source.source,
      trainingFruits: [...new Set(train.map(({ sample }) => sample))].sort(),
      hyperparameters,
      metrics: { ...flattenMetrics(metrics, "best_val_"), epochs: history.length, best_epoch: bestEpoch(history) },
      exportMaxDifferenceDays,
      phase,
      ...(backbone && { backbone: { address: backbone.address, sha256: backbone.sha256 } }),
      ...(attribution && { attribution }),
      createdAt: new Date().toISOString(),
    };
    await writeModelFolder(options.outFolder, { onnx, sidecar });
    await reporter.onPlots({
      "learning-curve.svg": learningCurve(history),
      "predicted-against-true.svg": predictedAgainstTrue(scored, "Validation fruits"),
    });
    return { sidecar, metrics };
  } finally {
    model.dispose();
  }
}

/** Median days of each storage group; of all photographs for a group without any. */
function medianDays(rows: readonly LabelledRow[]): number[] {
  const daysOf = ({ shelfLifeDays }: LabelledRow) => shelfLifeDays;
  const groups = Map.groupBy(rows, ({ storageGroup }) => storageGroup);
  return storageGroups.map((group) => median(groups.get(group) ?? rows, daysOf) ?? 0);
}

/** Epoch, counted over all phases, whose weights were kept. */
function bestEpoch(history: readonly EpochReport[]): number {
  const losses = history.map(({ valLoss }) => valLoss);
  return losses.indexOf(Math.min(...losses)) + 1;
}

async function* photographs(cache: PhotographCache, rows: readonly LabelledRow[]) {
  for (const row of rows) yield { image: await cache.read(row), group: row.storageGroup, days: row.shelfLifeDays };
}
