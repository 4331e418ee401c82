import {
  type DatasetSummary,
  datasetKeys,
  datasetSummary,
  type ManifestRow,
  type Split,
} from "../contracts/dataset.ts";
import { InvalidDatasetError, NotFoundError } from "../errors.ts";
import { type ObjectStore, readJson } from "../storage.ts";
import { parseManifest } from "./manifest.ts";
import { decodeShard } from "./npy.ts";

/** One shard of one split with its photographs in memory (at most 38.5 MB). */
export interface Shard {
  key: string;
  /** Row i describes photograph i. */
  rows: ManifestRow[];
  /** Raw uint8 RGB, [rows.length, 224, 224, 3]. */
  pixels: Uint8Array;
}

/** A processed dataset. */
export interface Dataset {
  summary: DatasetSummary;
  /** All photographs, in the order of the shards. */
  rows: ManifestRow[];
  /** Rows of one shard, in the order of its photographs. */
  rowsOfShard(key: string): ManifestRow[];
  /** Reads one shard; `key` as in a row's `shard`. @throws InvalidDatasetError when shard and manifest differ */
  readShard(key: string): Promise<Shard>;
  /** The shards of a split one after the other, so that no more than one is in memory. */
  shards(split: Split): AsyncGenerator<Shard>;
}

/**
 * Opens a processed dataset.
 * @throws NotFoundError when this version of the dataset does not exist or is incomplete
 */
export async function openDataset(store: ObjectStore, version: string): Promise<Dataset> {
  const summary = await readJson(store, datasetKeys.summary(version), (value) => datasetSummary.parse(value)).catch(
    (cause: unknown) => {
      if (!(cause instanceof NotFoundError)) throw cause;
      throw new NotFoundError(`Dataset ${version} does not exist or was not finished: run the pipeline with newData`, {
        cause,
      });
    },
  );
  const rows = parseManifest(Buffer.from(await store.read(datasetKeys.manifest(version))).toString("utf8"));
  const byShard = Map.groupBy(rows, (row) => row.shard);
  const rowsOfShard = (key: string) => (byShard.get(key) ?? []).toSorted((a, b) => a.index - b.index);

  const readShard = async (key: string): Promise<Shard> => {
    const { count, pixels } = decodeShard(await store.read(datasetKeys.prefix(version) + key));
    const rows = rowsOfShard(key);
    if (rows.length !== count) {
      throw new InvalidDatasetError(
        `${key} has ${count} photographs, but the manifest of ${version} lists ${rows.length}`,
      );
    }
    return { key, rows, pixels };
  };
  return {
    summary,
    rows,
    rowsOfShard,
    readShard,
    async *shards(split) {
      for (const shard of summary.shards) if (shard.split === split) yield await readShard(shard.key);
    },
  };
}
