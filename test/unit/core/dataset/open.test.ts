import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DatasetSummary, datasetKeys, type ManifestRow } from "../../../../core/contracts/dataset.ts";
import { formatManifest } from "../../../../core/dataset/manifest.ts";
import { encodeShard } from "../../../../core/dataset/npy.ts";
import { openDataset } from "../../../../core/dataset/open.ts";
import { FolderStore } from "../../../../core/folder-store.ts";
import { writeJson } from "../../../../core/storage.ts";

const version = "0123456789abcdef";
const key = "shards/test-00000.npy";
const image = (value: number) => new Uint8Array(224 * 224 * 3).fill(value);
const row = (fileName: string, index: number): ManifestRow => ({
  fileName,
  storageGroup: "T10",
  shelfLifeDays: 1,
  sample: "1",
  stage: 1,
  split: "test",
  shard: key,
  index,
});
const summary: DatasetSummary = {
  version,
  source: { source: "s" },
  rows: 2,
  photographs: 2,
  labelled: 2,
  censored: 0,
  fruits: { train: 0, validation: 0, test: 1 },
  photographsBySplit: { train: 0, validation: 0, test: 2 },
  dropped: {},
  shards: [{ key, split: "test", photographs: 2, sha256: "0".repeat(64), bytes: 0 }],
  createdAt: new Date(0).toISOString(),
};

let store: FolderStore;
beforeEach(async () => {
  store = new FolderStore(await mkdtemp(join(tmpdir(), "open-")));
  await writeJson(store, datasetKeys.summary(version), summary);
  await store.write(datasetKeys.manifest(version), formatManifest([row("second", 1), row("first", 0)]));
  await store.write(datasetKeys.prefix(version) + key, encodeShard([image(1), image(2)]).content);
});
afterEach(() => rm(store.folder, { recursive: true }));

describe("openDataset", () => {
  it("gives each photograph with its row", async () => {
    const dataset = await openDataset(store, version);
    const shards = await Array.fromAsync(dataset.shards("test"));
    expect(shards.map((shard) => shard.rows.map((r) => r.fileName))).toEqual([["first", "second"]]);
    expect([shards[0]?.pixels[0], shards[0]?.pixels.at(-1)]).toEqual([1, 2]);
    expect(await Array.fromAsync(dataset.shards("train"))).toEqual([]);
  });

  it("rejects a shard that the manifest does not describe", async () => {
    await store.write(datasetKeys.prefix(version) + key, encodeShard([image(1)]).content);
    const dataset = await openDataset(store, version);
    await expect(dataset.readShard(key)).rejects.toThrow("has 1 photographs, but the manifest");
  });

  it("says that a version is missing or unfinished", async () => {
    await expect(openDataset(store, "fedcba9876543210")).rejects.toMatchObject({ name: "NotFound" });
  });
});
