import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Dataset } from "../../../../core/dataset/open.ts";
import { FolderStore } from "../../../../core/folder-store.ts";
import {
  type Batch,
  cachePhotographs,
  disposeBatch,
  labelledRows,
  readBatches,
} from "../../../../training/tfjs/data.ts";
import { tf } from "../../../../training/tfjs/tensorflow.ts";
import { makeTinyDataset, temporaryFolder, tinyPhotograph, tinyVersion } from "../../../support/tiny-dataset.ts";

let folder: string;
let dataset: Dataset;

beforeAll(async () => {
  folder = await temporaryFolder();
  dataset = await makeTinyDataset(new FolderStore(folder), { train: 10, validation: 4, test: 4 });
});
afterAll(() => rm(folder, { recursive: true }));

interface Seen {
  days: number;
  condition: number[];
  image: Float32Array;
}

async function collect(batches: AsyncIterable<Batch>): Promise<Seen[][]> {
  const all: Seen[][] = [];
  for await (const batch of batches) {
    const images = await Promise.all(tf.unstack(batch.image).map((image) => image.data<"float32">()));
    const conditions = batch.condition.arraySync();
    const days = batch.days.dataSync();
    all.push(
      images.map((image, i) => ({ image, days: Math.round(days[i] as number), condition: conditions[i] as number[] })),
    );
    disposeBatch(batch);
  }
  return all;
}

describe("labelledRows", () => {
  it("gives the rows of a split, without those that carry no label", () => {
    const rows = labelledRows(dataset, "train");
    expect(rows).toHaveLength(9);
    expect(new Set(rows.map(({ split }) => split))).toEqual(new Set(["train"]));
  });
});

describe("cachePhotographs", () => {
  it("unpacks the shards of the splits and of no other", async () => {
    const own = join(folder, "cache-a");
    const cache = await cachePhotographs(dataset, ["train", "validation"], own);
    const row = labelledRows(dataset, "validation")[2] as never;
    expect(Buffer.from(await cache.read(row)).equals(tinyPhotograph(10))).toBe(true);
    expect(await readdir(join(own, tinyVersion, "shards"))).toEqual(["train.rgb", "validation.rgb"]);
    await expect(cache.read(labelledRows(dataset, "test")[0] as never)).rejects.toThrow("was not cached");
    await cache.close();
  });

  it("unpacks again what an interrupted unpacking left incomplete, and only that", async () => {
    const own = join(folder, "cache-b");
    await (await cachePhotographs(dataset, ["train", "validation"], own)).close();
    await writeFile(join(own, tinyVersion, "shards", "train.rgb"), "a part");
    const read: string[] = [];
    const watched: Dataset = {
      ...dataset,
      readShard(key) {
        read.push(key);
        return dataset.readShard(key);
      },
    };
    const cache = await cachePhotographs(watched, ["train", "validation"], own);
    expect(read).toEqual(["shards/train.npy"]);
    await cache.close();
  });
});

describe("readBatches", () => {
  it("gives each row once with its own photograph, condition and days, in batches of nearly equal size", async () => {
    const cache = await cachePhotographs(dataset, ["train"], join(folder, "cache-c"));
    const rows = labelledRows(dataset, "train");
    const batches = await collect(readBatches(cache, rows, { batchSize: 4 }));
    expect(batches.map(({ length }) => length)).toEqual([3, 3, 3]);
    for (const [i, { days, condition, image }] of batches.flat().entries()) {
      expect(days).toBe((i * 5) % 12);
      expect(condition.indexOf(1)).toBe(i % 3);
      expect(Buffer.from(Uint8Array.from(image)).equals(tinyPhotograph(days))).toBe(true);
    }
    await cache.close();
  });

  it("shuffles and changes the photographs by the seed alone", async () => {
    const cache = await cachePhotographs(dataset, ["train"], join(folder, "cache-d"));
    const rows = labelledRows(dataset, "train");
    const read = async (...seed: number[]) => (await collect(readBatches(cache, rows, { batchSize: 4, seed }))).flat();
    const [first, same, other] = [await read(1, 1), await read(1, 1), await read(1, 2)];
    expect(same).toEqual(first);
    expect(other.map(({ days }) => days)).not.toEqual(first.map(({ days }) => days));
    expect(first.map(({ days }) => days).sort()).toEqual(rows.map(({ shelfLifeDays }) => shelfLifeDays).sort());
    const changed = first.filter(
      ({ image, days }) => !Buffer.from(Uint8Array.from(image)).equals(tinyPhotograph(days)),
    );
    expect(changed).toHaveLength(rows.length);
    await cache.close();
  });
});
