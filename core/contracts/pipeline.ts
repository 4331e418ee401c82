import { z } from "zod";
import { countsByReason } from "./dataset.ts";
import { validatedInput } from "./execution.ts";
import { groupedMetrics, promotionMetric } from "./model.ts";

/**
 * What goes into and comes out of each task of the state machine. States carry keys and counts, never what grows with the
 * data.
 */

export const validateInputTask = z.object({ executionArn: z.string(), input: z.unknown() });

export const lockTask = z.object({ executionArn: z.string() });
export const lockAnswer = z.discriminatedUnion("acquired", [
  z.object({ acquired: z.literal(true) }),
  /** Another execution has it. `reason`: a sentence for people. */
  z.object({ acquired: z.literal(false), holder: z.string(), reason: z.string() }),
]);
export type LockAnswer = z.infer<typeof lockAnswer>;

/** Answer of a task that found no data yet, which then is the output of the execution. `reason`: a sentence for people. */
export const noData = z.object({ outcome: z.literal("NoData"), reason: z.string() });
export type NoData = z.infer<typeof noData>;

/** Output of an execution that trained nothing: another one runs, there is no data yet, or a dry run was requested. */
export const nothingTrained = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("AlreadyRunning"), holder: z.string(), reason: z.string() }),
  noData,
  z.object({ outcome: z.literal("DryRun"), reason: z.string() }),
]);
/** Why an execution trained nothing. */
export type NothingTrained = z.infer<typeof nothingTrained>["outcome"];

export const startRegistryTask = z.object({ executionArn: z.string() });

export const fetchDataTask = z.object({ executionArn: z.string(), data: z.string().optional() });
export const fetchedData = z.object({
  /** Version that a dataset made of this input has. */
  version: z.string(),
  /** Prefix in the data bucket of the fetched photographs and rows. */
  prefix: z.string(),
  rows: z.int(),
  photographs: z.int(),
  /** Rows and photographs rejected, by reason, and where each is reported with its line. */
  problems: countsByReason,
  problemsKey: z.string(),
});
export type FetchedData = z.infer<typeof fetchedData>;

export const planDatasetTask = z.object({ fetched: fetchedData });
/** A range of fetched chunks, both ends included: one item of the Distributed Map. */
export const shardItem = z.object({ version: z.string(), first: z.int(), last: z.int() });
export type ShardItem = z.infer<typeof shardItem>;
/** Items that a plan has at most, however large the data: they and their results travel in the state, 256 KiB at most. */
export const maxShardItems = 1000;
/** `done`: the version is there already and nothing is left to do. */
export const datasetPlan = z.object({
  version: z.string(),
  done: z.boolean(),
  items: z.array(shardItem).max(maxShardItems),
});
export type DatasetPlan = z.infer<typeof datasetPlan>;

export const shardResult = z.object({ first: z.int(), photographs: z.int(), dropped: z.int() });
export type ShardResult = z.infer<typeof shardResult>;

export const assembleDatasetTask = z.object({ version: z.string() });
export const datasetRef = z.object({
  version: z.string(),
  rows: z.int(),
  photographs: z.int(),
  labelled: z.int(),
  dropped: countsByReason,
});
export type DatasetRef = z.infer<typeof datasetRef>;

export const startTrainingTask = z.object({
  taskToken: z.string(),
  executionArn: z.string(),
  input: validatedInput,
  dataset: datasetRef,
});
export type StartTrainingTask = z.infer<typeof startTrainingTask>;
/** What the trainer answers with SendTaskSuccess. */
export const trainingResult = z.object({
  runId: z.string(),
  modelVersion: z.string(),
  metrics: z.record(z.string(), z.number()),
  /** True when an earlier, unfinished execution had trained it already. */
  reused: z.boolean(),
});
export type TrainingResult = z.infer<typeof trainingResult>;

/** What a trainer that ran the notebook answers: its files are there, and collect-training registers the model. */
export const notebookTraining = z.object({ runId: z.string(), headRunId: z.string() });
export type NotebookTraining = z.infer<typeof notebookTraining>;

export const evaluateModelTask = z.object({
  executionArn: z.string(),
  input: validatedInput,
  dataset: datasetRef,
  training: trainingResult,
});
export type EvaluateModelTask = z.infer<typeof evaluateModelTask>;
const scoredVersion = z.object({ version: z.string(), runId: z.string(), metrics: groupedMetrics });
export const evaluationResult = z.object({
  promoted: z.boolean(),
  /** A sentence for people. */
  reason: z.string(),
  metric: promotionMetric,
  challenger: scoredVersion,
  /**
   * The champion before this evaluation, or the bootstrap model where there was none. Absent when an earlier attempt has
   * promoted the challenger.
   */
  champion: scoredVersion.partial({ runId: true }).optional(),
});
export type EvaluationResult = z.infer<typeof evaluationResult>;

export const deployModelTask = z.object({ executionArn: z.string(), modelName: z.string() });
export const deployment = z.object({
  version: z.string(),
  runId: z.string(),
  sha256: z.string(),
  /** What the API said that it serves after its reload, or why it could not be asked. */
  serving: z.string(),
});
export type Deployment = z.infer<typeof deployment>;

export const recordFailureTask = z.object({
  executionArn: z.string(),
  /** The input as given; it may be what was wrong. */
  input: z.unknown(),
  error: z.object({ Error: z.string().default("Unknown"), Cause: z.string().default("") }),
});
export const recordedFailure = z.object({ error: z.string(), reason: z.string(), runId: z.string().optional() });
export type RecordedFailure = z.infer<typeof recordedFailure>;
