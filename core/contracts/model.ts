import { z } from "zod";

/** Errors of predicted days on one set of photographs. `mse` in days squared, `mae` and `rmse` in days. */
const regressionMetrics = z.object({
  n: z.int(),
  mse: z.number(),
  mae: z.number(),
  rmse: z.number(),
  r2: z.number().nullable(),
});
export type RegressionMetrics = z.infer<typeof regressionMetrics>;

/** The same over all photographs, per storage group, and the mean of the groups' MAEs. */
export const groupedMetrics = regressionMetrics.extend({
  groups: z.record(z.string(), regressionMetrics),
  macroMae: z.number(),
});
export type GroupedMetrics = z.infer<typeof groupedMetrics>;

/** The error that decides a promotion; lower is better. */
export const promotionMetric = z.enum(["mse", "mae", "rmse", "macroMae"]);
export type PromotionMetric = z.infer<typeof promotionMetric>;

/** `avocado-model.json`, next to `model.onnx`: what a model is, without opening it. */
export const modelSidecar = z.object({
  name: z.string(),
  version: z.string().optional(),
  framework: z.string(),
  network: z.string(),
  datasetVersion: z.string(),
  /** Name of the dataset's source; fruits are unique within it. */
  source: z.string(),
  /** Samples the network was fitted on; evaluation rejects a model that saw a test fruit. */
  trainingFruits: z.array(z.string()),
  hyperparameters: z.record(z.string(), z.unknown()),
  metrics: z.record(z.string(), z.number()),
  /** Largest difference in days between the ONNX graph and the framework that trained it. */
  exportMaxDifferenceDays: z.number(),
  thresholds: z.record(z.string(), z.number()).optional(),
  attribution: z.string().optional(),
  /** What made it, where that is worth repeating. */
  command: z.string().optional(),
  /** The phase of the training that the weights are from. */
  phase: z.string().optional(),
  /** What a pretrained network started from, and the SHA-256 of its files. */
  backbone: z.object({ address: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
  createdAt: z.iso.datetime(),
});
export type ModelSidecar = z.infer<typeof modelSidecar>;

/** The version of the model that ships with the project: it answers until the first promotion. MLflow counts its own from 1. */
export const bootstrapVersion = "bootstrap";

/** File names inside a model folder (and inside the MLflow flavour). */
export const modelFiles = { onnx: "model.onnx", sidecar: "avocado-model.json" } as const;

/** `serving/champion.json`: what the API serves. */
export const championManifest = z.object({
  modelName: z.string(),
  version: z.string(),
  alias: z.literal("champion"),
  runId: z.string(),
  /** Key of the ONNX graph in the artifact bucket. */
  key: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Bytes. */
  size: z.int(),
  datasetVersion: z.string(),
  metrics: z.record(z.string(), z.number()),
  createdAt: z.iso.datetime(),
});
export type ChampionManifest = z.infer<typeof championManifest>;

/** Keys of what serving reads, in the artifact bucket. */
export const servingKeys = {
  manifest: "serving/champion.json",
  model: (sha256: string) => `serving/models/${sha256}.onnx`,
};
