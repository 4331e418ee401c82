import { z } from "zod";

/** Storage conditions of the dataset: 10 degrees C, 20 degrees C, ambient. The order is that of the one-hot input. */
export const storageGroups = ["T10", "T20", "Tam"] as const;
export type StorageGroup = (typeof storageGroups)[number];

export const splits = ["train", "validation", "test"] as const;
export type Split = (typeof splits)[number];

/** Side in pixels of the square photographs that a model sees. */
export const imageSize = 224;
/** Bytes of one photograph in a shard: 224 x 224 RGB, uint8. */
export const imageBytes = imageSize * imageSize * 3;

/** `dataset.json`, next to `data.csv`: where the photographs come from. The source's name salts the split. */
export const datasetSource = z.looseObject({
  source: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  title: z.string().optional(),
  doi: z.string().optional(),
  licence: z.string().optional(),
  /** The sentence that the licence asks for, with authors and year. */
  attribution: z.string().optional(),
});
export type DatasetSource = z.infer<typeof datasetSource>;

/** How many were dropped or set aside, by reason: never a silent loss. */
export const countsByReason = z.record(z.string(), z.int().min(0));
export type CountsByReason = z.infer<typeof countsByReason>;

/** One photograph of a processed dataset: a row of `manifest.csv`. */
export interface ManifestRow {
  fileName: string;
  storageGroup: StorageGroup;
  /** Days until the fruit was first seen at stage 5, never below 0; undefined for a fruit that never was. */
  shelfLifeDays?: number;
  /** For those: days until it was last seen, a lower bound (right-censored). */
  censoredDays?: number;
  /** The fruit. All its photographs are in one split. */
  sample: string;
  /** Ripening stage, 1 to 5. */
  stage: number;
  split: Split;
  /** Key of the shard relative to the dataset, and the photograph's place in it. */
  shard: string;
  index: number;
}

/** Content of a file, by which a reader knows that it is complete. */
export const writtenFile = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int() });

/** `datasets/<version>/dataset.json`: written last, so its presence says that the dataset is whole. */
export const datasetSummary = z.object({
  version: z.string().regex(/^[0-9a-f]{16}$/),
  source: datasetSource,
  /** Rows of `data.csv`, and photographs of the manifest in all and with a label. */
  rows: z.int(),
  photographs: z.int(),
  labelled: z.int(),
  censored: z.int(),
  fruits: z.record(z.enum(splits), z.int()),
  photographsBySplit: z.record(z.enum(splits), z.int()),
  /** Rows and photographs left out, by reason. */
  dropped: countsByReason,
  shards: z.array(writtenFile.extend({ key: z.string(), split: z.enum(splits), photographs: z.int() })),
  createdAt: z.iso.datetime(),
});
export type DatasetSummary = z.infer<typeof datasetSummary>;

/** Keys of a processed dataset in the data bucket. */
export const datasetKeys = {
  latest: "datasets/latest.json",
  prefix: (version: string) => `datasets/${version}/`,
  summary: (version: string) => `datasets/${version}/dataset.json`,
  manifest: (version: string) => `datasets/${version}/manifest.csv`,
};
