import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DatasetSummary,
  datasetKeys,
  imageBytes,
  type ManifestRow,
  type Split,
  splits,
  storageGroups,
} from "../../core/contracts/dataset.ts";
import { formatManifest } from "../../core/dataset/manifest.ts";
import { encodeShard } from "../../core/dataset/npy.ts";
import { type Dataset, openDataset } from "../../core/dataset/open.ts";
import { type ObjectStore, writeJson } from "../../core/storage.ts";

/** A folder of its own below the system's temporary one. */
export const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "avocado-test-"));

export const tinyVersion = "00000000000000aa";

/** A photograph of a plain fruit on white: the brighter, the more days are left. */
export function tinyPhotograph(days: number): Uint8Array {
  const pixels = new Uint8Array(imageBytes).fill(255);
  for (let y = 60; y < 170; y++) {
    for (let x = 70; x < 150; x++) pixels.set([20 + 12 * days, 40 + 14 * days, 10 + 3 * (x % 8)], 3 * (y * 224 + x));
  }
  return pixels;
}

/**
 * Writes a processed dataset of plain photographs: `size` in each split, two a fruit, days from 0 to 11. The last one of
 * each split carries no label.
 */
export async function makeTinyDataset(store: ObjectStore, size: Record<Split, number>): Promise<Dataset> {
  const rows: ManifestRow[] = [];
  const shards: DatasetSummary["shards"] = [];
  for (const split of splits) {
    for (let index = 0; index < size[split]; index++) {
      rows.push({
        fileName: `${split}_${index}`,
        storageGroup: storageGroups[index % 3] ?? "T10",
        ...(index === size[split] - 1 ? { censoredDays: 1 } : { shelfLifeDays: (index * 5) % 12 }),
        sample: `${split}-${index >> 1}`,
        stage: 3,
        split,
        shard: `shards/${split}.npy`,
        index,
      });
    }
    const photographs = rows.filter((row) => row.split === split).map((row) => tinyPhotograph(row.shelfLifeDays ?? 5));
    const { content, ...file } = encodeShard(photographs);
    const key = `shards/${split}.npy`;
    shards.push({ key, split, photographs: size[split], ...file });
    await store.write(datasetKeys.prefix(tinyVersion) + key, content);
  }
  const summary: DatasetSummary = {
    version: tinyVersion,
    source: { source: "tiny" },
    rows: rows.length + 1,
    photographs: rows.length,
    labelled: rows.length - 3,
    censored: 3,
    fruits: { train: size.train >> 1, validation: size.validation >> 1, test: size.test >> 1 },
    photographsBySplit: size,
    dropped: { "no-photograph": 1 },
    shards,
    createdAt: "2024-01-01T00:00:00.000Z",
  };
  await store.write(datasetKeys.manifest(tinyVersion), formatManifest(rows));
  await writeJson(store, datasetKeys.summary(tinyVersion), summary);
  return openDataset(store, tinyVersion);
}
