import { z } from "zod";
import { validatedInput } from "./execution.ts";
import { datasetRef, notebookTraining, trainingResult } from "./pipeline.ts";

/** What goes into and comes out of the tasks with which Kaggle trains, and what its notebook leaves. */

const date = z.iso.datetime();

export const uploadDatasetTask = z.object({
  dataset: datasetRef,
  /** What the task answered before, when it is asked again. */
  previous: z.object({ since: date, uploaded: z.boolean() }).nullish(),
});
export type UploadDatasetTask = z.infer<typeof uploadDatasetTask>;
export const uploadedDataset = z.object({
  ready: z.boolean(),
  /** `owner/slug/version` on Kaggle, once it is ready. */
  source: z.string().optional(),
  since: date,
  uploaded: z.boolean(),
  /** Seconds until it is worth asking again. */
  waitSeconds: z.int().min(1),
});
export type UploadedDataset = z.infer<typeof uploadedDataset>;

export const pushKernelTask = z.object({
  executionArn: z.string(),
  input: validatedInput,
  dataset: datasetRef,
  source: z.string(),
});
export type PushKernelTask = z.infer<typeof pushKernelTask>;
export const pushedKernel = z.object({
  /** `trained`: an earlier execution had trained it already. `attached`: one had pushed the kernel. */
  outcome: z.enum(["pushed", "attached", "trained"]),
  training: trainingResult.optional(),
  owner: z.string(),
  slug: z.string(),
  /** Run of the second phase, which has the model, and of the first. */
  runId: z.string(),
  headRunId: z.string(),
  since: date,
});
export type PushedKernel = z.infer<typeof pushedKernel>;

export const checkKernelTask = z.object({
  kernel: pushedKernel,
  previous: z.object({ startedAt: date.optional() }).nullish(),
});
export type CheckKernelTask = z.infer<typeof checkKernelTask>;
export const checkedKernel = z.object({
  outcome: z.enum(["waiting", "running", "complete", "failed"]),
  /** As Kaggle gave it. */
  status: z.string(),
  queueSeconds: z.int(),
  runSeconds: z.int(),
  startedAt: date.optional(),
  waitSeconds: z.int().min(1),
  /** What failed, as Step Functions names it. */
  Error: z.string().optional(),
  Cause: z.string().optional(),
});
export type CheckedKernel = z.infer<typeof checkedKernel>;

export const collectTrainingTask = z.object({
  input: validatedInput,
  dataset: datasetRef,
  /** A kernel on Kaggle, or a notebook that ran in the account and left its files in the data bucket. */
  kernel: z.union([pushedKernel, notebookTraining]),
});
export type CollectTrainingTask = z.infer<typeof collectTrainingTask>;

/** `run.json`, which the notebook writes last. */
export const kernelRun = z.object({
  schema: z.literal(1),
  runId: z.string(),
  headRunId: z.string(),
  datasetVersion: z.string(),
  phases: z.array(z.object({ name: z.enum(["head", "finetune"]), parameters: z.record(z.string(), z.string()) })),
  /** Everything else that it left. */
  files: z.record(z.string(), z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int() })),
});
export type KernelRun = z.infer<typeof kernelRun>;

/** `metrics.json`: what each phase measured, epoch by epoch. */
export const kernelMetrics = z.record(
  z.enum(["head", "finetune"]),
  z.array(z.object({ key: z.string(), value: z.number(), step: z.int(), timestamp: z.int() })),
);

/** Names of the files that the notebook must leave. */
export const kernelFiles = { run: "run.json", metrics: "metrics.json" } as const;
