import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { imageBytes } from "../../core/contracts/dataset.ts";
import { replaceFile } from "../../core/replace-file.ts";
import type { LabelledRow, PhotographCache } from "./data.ts";
import type { FeatureExtractor } from "./feature-extractor.ts";

/** Photographs that are computed at once. */
const batchSize = 16;

/** What the fixed part of a network says of each photograph, computed once and kept on disk. */
export interface FeatureCache {
  read(row: LabelledRow): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface FeatureOptions {
  photographs: PhotographCache;
  rows: readonly LabelledRow[];
  folder: string;
  /** Hears how many photographs are done. */
  onProgress: (done: number, total: number) => void | Promise<void>;
  signal?: AbortSignal | undefined;
}

/** Computes the features of photographs, or finds them in the folder: the same graph and photographs are done once. */
export async function cacheFeatures(extractor: FeatureExtractor, options: FeatureOptions): Promise<FeatureCache> {
  const { rows, folder } = options;
  const place = new Map(rows.map((row, i) => [nameOf(row), i]));
  const hash = createHash("sha256").update(extractor.sha256);
  for (const name of place.keys()) hash.update(`${name}\n`);
  const path = join(folder, `${hash.digest("hex").slice(0, 24)}.features`);
  const bytes = extractor.width * 4;
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== rows.length * bytes) await computeFeatures(extractor, path, options);
  const file = await open(path);
  return {
    async read(row) {
      const at = place.get(nameOf(row));
      if (at === undefined) throw new RangeError(`There are no features of ${row.fileName}`);
      const values = new Float32Array(extractor.width);
      await file.read(new Uint8Array(values.buffer), 0, bytes, at * bytes);
      return values;
    },
    close: () => file.close(),
  };
}

async function computeFeatures(
  extractor: FeatureExtractor,
  path: string,
  { photographs, rows, onProgress, signal }: FeatureOptions,
): Promise<void> {
  await replaceFile(path, async (temporary) => {
    const file = await open(temporary, "w");
    try {
      for (let first = 0; first < rows.length; first += batchSize) {
        const some = rows.slice(first, first + batchSize);
        const pixels = new Float32Array(some.length * imageBytes);
        for (const [i, row] of some.entries()) pixels.set(await photographs.read(row), i * imageBytes);
        const values = await extractor.run(pixels);
        await file.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
        signal?.throwIfAborted();
        await onProgress(first + some.length, rows.length);
      }
    } finally {
      await file.close();
    }
  });
}

function nameOf({ shard, index }: LabelledRow): string {
  return `${shard} ${index}`;
}
