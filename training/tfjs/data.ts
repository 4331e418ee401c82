import { open, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pMap from "p-map";
import { imageBytes, imageSize, type ManifestRow, type Split, storageGroups } from "../../core/contracts/dataset.ts";
import type { Dataset } from "../../core/dataset/open.ts";
import { replaceFile } from "../../core/replace-file.ts";
import { createRandom, type Random } from "../../core/synthetic/random.ts";
import { copyPhotograph, drawAugmentation } from "./augment.ts";
import { type Tensorflow, tf } from "./tensorflow.ts";

/** A photograph that can be learnt from. */
export type LabelledRow = ManifestRow & { shelfLifeDays: number };

/** Rows of a split with a label; a fruit that never got over-ripe has none and takes no part in regression. */
export function labelledRows(dataset: Dataset, split: Split): LabelledRow[] {
  return dataset.rows.filter((row): row is LabelledRow => row.split === split && row.shelfLifeDays !== undefined);
}

/** Photographs of a dataset as raw pixels on the local disk, read where they are needed. */
export interface PhotographCache {
  /** Pixels of one photograph: 224 x 224 RGB, uint8. */
  read(row: ManifestRow): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Unpacks the shards of the given splits into a folder, once, and opens them for reading anywhere. `onShard` hears how many
 * are there.
 */
export async function cachePhotographs(
  dataset: Dataset,
  splits: readonly Split[],
  folder: string,
  onShard?: (done: number, total: number) => void,
): Promise<PhotographCache> {
  const shards = dataset.summary.shards.filter(({ split }) => splits.includes(split));
  const path = (key: string) => join(folder, dataset.summary.version, key.replace(/\.npy$/, ".rgb"));
  let done = 0;
  const unpack = async ({ key, photographs }: { key: string; photographs: number }) => {
    const found = await stat(path(key)).catch(() => undefined);
    if (found?.size !== photographs * imageBytes) {
      const { pixels } = await dataset.readShard(key);
      await replaceFile(path(key), (temporary) => writeFile(temporary, pixels));
    }
    onShard?.(++done, shards.length);
  };
  await pMap(shards, unpack, { concurrency: 2 });
  const files = new Map(await Promise.all(shards.map(async ({ key }) => [key, await open(path(key))] as const)));
  return {
    async read(row) {
      const file = files.get(row.shard);
      if (!file) throw new RangeError(`${row.fileName} is in ${row.shard}, which was not cached`);
      const pixels = new Uint8Array(imageBytes);
      await file.read(pixels, 0, imageBytes, row.index * imageBytes);
      return pixels;
    },
    async close() {
      await Promise.all(Array.from(files.values(), (file) => file.close()));
    },
  };
}

/** What the network sees at once. The taker disposes of the tensors. */
export interface Batch {
  /** [n, 224, 224, 3], 0 to 255. */
  image: Tensorflow.Tensor4D;
  /** [n, 3], one-hot. */
  condition: Tensorflow.Tensor2D;
  /** [n, 1], days. */
  days: Tensorflow.Tensor2D;
}

/** Frees the tensors of a batch. */
export function disposeBatch({ image, condition, days }: Batch): void {
  tf.dispose([image, condition, days]);
}

/** How rows are read: with a seed they come shuffled and changed at random, the same for the same seed. */
export interface ReadOptions {
  batchSize: number;
  seed?: readonly number[];
}

/** The rows as photographs in batches of nearly equal size, at most `batchSize`, with a `seed` augmented. */
export async function* readBatches(
  cache: PhotographCache,
  rows: readonly LabelledRow[],
  options: ReadOptions,
): AsyncGenerator<Batch> {
  for await (const { some, items, random } of readItems(rows, options, (row) => cache.read(row))) {
    const pixels = new Float32Array(items.length * imageBytes);
    for (const [i, photograph] of items.entries()) {
      copyPhotograph(photograph, pixels, i * imageBytes, random && drawAugmentation(random));
    }
    yield { image: tf.tensor4d(pixels, [some.length, imageSize, imageSize, 3]), ...labelsOf(some) };
  }
}

/**
 * What `read` gives of each row, in batches of nearly equal size. The next batch is read from disk while the network
 * learns from this one.
 */
export async function* readItems<T>(
  rows: readonly LabelledRow[],
  options: ReadOptions,
  read: (row: LabelledRow) => Promise<T>,
): AsyncGenerator<{ some: readonly LabelledRow[]; items: T[]; random: Random | undefined }> {
  const random = options.seed && createRandom(...options.seed);
  const order = random ? shuffle(rows, random) : rows;
  const count = Math.ceil(order.length / options.batchSize);
  const slice = (at: number) =>
    order.slice(Math.floor((at * order.length) / count), Math.floor(((at + 1) * order.length) / count));
  const load = (at: number) => Promise.all(slice(at).map((row) => read(row)));
  let next = count > 0 ? load(0) : Promise.resolve([]);
  // A reader that stops early leaves the last read without a taker; its failure must not end the process.
  next.catch(() => undefined);
  for (let at = 0; at < count; at++) {
    const items = await next;
    if (at + 1 < count) {
      next = load(at + 1);
      next.catch(() => undefined);
    }
    yield { some: slice(at), items, random };
  }
}

/** The rows in random order (Fisher and Yates). */
function shuffle<T>(rows: readonly T[], random: Random): T[] {
  const order = [...rows];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random.uniform(0, last + 1));
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}

/** Condition and days of the rows, as tensors. */
export function labelsOf(rows: readonly LabelledRow[]): Pick<Batch, "condition" | "days"> {
  const oneHot = rows.map(({ storageGroup }) => storageGroups.map((group) => Number(group === storageGroup)));
  return {
    condition: tf.tensor2d(oneHot, [rows.length, storageGroups.length]),
    days: tf.tensor2d(
      rows.map(({ shelfLifeDays }) => shelfLifeDays),
      [rows.length, 1],
    ),
  };
}
