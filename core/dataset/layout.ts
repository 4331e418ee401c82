import { z } from "zod";
import {
  type countsByReason,
  datasetKeys,
  datasetSource,
  splits,
  storageGroups,
  writtenFile,
} from "../contracts/dataset.ts";
import { fetchedData } from "../contracts/pipeline.ts";
import type { RowIssue } from "./rows.ts";

/**
 * Raised by hand when processing changes what it gives for the same input (image path, labels, split, shards): it is part of
 * the version of a dataset, so that the old result is not taken for the new one. 2: shards are not compressed.
 */
export const processingVersion = 2;

const number = (chunk: number) => String(chunk).padStart(5, "0");

/** What fetching leaves under its prefix. */
export const fetchedKeys = (prefix: string) => ({
  /** Written last: its presence says that the rest is whole. */
  index: `${prefix}index.json`,
  rows: `${prefix}data.csv`,
  photographs: `${prefix}photographs.json`,
  problems: `${prefix}problems.json`,
  chunk: (chunk: number) => `${prefix}chunks/${number(chunk)}.tar`,
});

/** What is written on the way to a processed dataset, in addition to `datasetKeys`. */
export const workKeys = (version: string) => ({
  plan: `${datasetKeys.prefix(version)}plan/plan.json`,
  chunk: (chunk: number) => `${datasetKeys.prefix(version)}plan/${number(chunk)}.json`,
  part: (chunk: number) => `${datasetKeys.prefix(version)}parts/${number(chunk)}.json`,
  problems: `${datasetKeys.prefix(version)}problems.json`,
});

/** Key of a shard relative to the dataset. Each chunk gives one shard per split, so its number is the chunk's. */
export const shardKey = (split: string, chunk: number) => `shards/${split}-${number(chunk)}.npy`;

/** `problems.json`, of a fetch and of a dataset. */
export const problems = z.array(
  z.object({
    line: z.int().exactOptional(),
    name: z.string().exactOptional(),
    reason: z.string(),
    message: z.string(),
  }),
);

export const fetchedIndex = z.object({
  /** The `processingVersion` that the version of the dataset was made with. */
  processing: z.int().default(1),
  fetched: fetchedData,
  source: datasetSource,
  chunks: z.int(),
});
export type FetchedIndex = z.infer<typeof fetchedIndex>;

const fetchedPhotograph = z.object({
  name: z.string(),
  /** Where it was, which is the name of its entry in the chunk. */
  path: z.string(),
  chunk: z.int(),
  sha256: z.string(),
});
export type FetchedPhotograph = z.infer<typeof fetchedPhotograph>;
/** `photographs.json`. */
export const fetchedPhotographs = z.array(fetchedPhotograph);

/** `plan/plan.json`. */
export const planIndex = z.object({
  prefix: z.string(),
  source: datasetSource,
  chunks: z.int(),
  rows: z.int(),
  problems,
});
export type PlanIndex = z.infer<typeof planIndex>;

/** A photograph that is planned: a manifest row without its place in a shard. */
const plannedRow = z.object({
  fileName: z.string(),
  storageGroup: z.enum(storageGroups),
  shelfLifeDays: z.number().exactOptional(),
  censoredDays: z.number().exactOptional(),
  sample: z.string(),
  stage: z.int(),
  split: z.enum(splits),
});
export const chunkPlan = z.array(z.object({ path: z.string(), line: z.int(), row: plannedRow }));
export type ChunkPlan = z.infer<typeof chunkPlan>;

/** `parts/<chunk>.json`: written when the chunk's shards are. */
export const chunkPart = z.object({
  /** Of the fetched data that it was made from: another fetch of the same content may pack other chunks. */
  prefix: z.string(),
  rows: z.array(plannedRow.extend({ shard: z.string(), index: z.int() })),
  /** By key. */
  shards: z.record(z.string(), writtenFile),
  problems,
});
export type ChunkPart = z.infer<typeof chunkPart>;

/** How many problems there are by reason. */
export function countByReason(list: readonly RowIssue[]): z.infer<typeof countsByReason> {
  const counts: Record<string, number> = {};
  for (const { reason } of list) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
