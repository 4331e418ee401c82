import { availableParallelism } from "node:os";
import { pMapIterable } from "p-map";
import { datasetKeys, type Split, splits } from "../contracts/dataset.ts";
import type { ShardItem, ShardResult } from "../contracts/pipeline.ts";
import { errorMessage } from "../errors.ts";
import { decodeImage, ImageError } from "../image.ts";
import { type ObjectStore, readJson } from "../storage.ts";
import { readChunk } from "./chunks.ts";
import { type ChunkPart, chunkPart, chunkPlan, fetchedKeys, planIndex, shardKey, workKeys } from "./layout.ts";
import { encodeShard } from "./npy.ts";

/**
 * Decodes the photographs of a stretch of chunks into shards, up to three a chunk (one per split). A chunk that was
 * finished before is left as it is; photographs that cannot be used are counted and named in the chunk's part.
 */
export async function preprocessShard(
  data: ObjectStore,
  { version, first, last }: ShardItem,
  onProgress?: (photographs: number) => void,
): Promise<ShardResult> {
  const { prefix } = await readJson(data, workKeys(version).plan, (value) => planIndex.parse(value));
  const result: ShardResult = { first, photographs: 0, dropped: 0 };
  let writing: Promise<unknown> = Promise.resolve();
  for (let chunk = first; chunk <= last; chunk++) {
    const done = await readPart(data, version, chunk);
    const { part, write } = done?.prefix === prefix ? { part: done } : await decodeChunk(data, version, prefix, chunk);
    result.photographs += part.rows.length;
    result.dropped += part.problems.length;
    onProgress?.(part.rows.length);
    // One chunk is written while the next is decoded.
    await writing;
    writing = write?.() ?? writing;
    // Awaited above or below; should decoding fail first, its error is the one to report.
    writing.catch(() => {});
  }
  await writing;
  return result;
}

async function readPart(data: ObjectStore, version: string, chunk: number): Promise<ChunkPart | undefined> {
  const key = workKeys(version).part(chunk);
  return (await data.head(key)) && readJson(data, key, (value) => chunkPart.parse(value));
}

async function decodeChunk(data: ObjectStore, version: string, prefix: string, chunk: number) {
  const plan = await readJson(data, workKeys(version).chunk(chunk), (value) => chunkPlan.parse(value));
  const files = await readChunk(data, fetchedKeys(prefix).chunk(chunk));
  const photographs: Record<Split, Uint8Array[]> = { train: [], validation: [], test: [] };
  const part: ChunkPart = { prefix, rows: [], shards: {}, problems: [] };
  // In order, so that the same chunk gives the same shards.
  const decoded = pMapIterable(plan, async (planned) => ({ ...planned, ...(await decode(files.get(planned.path))) }), {
    concurrency: availableParallelism() + 1,
    backpressure: 32,
  });
  for await (const { row, line, pixels, problem } of decoded) {
    if (pixels) {
      const index = photographs[row.split].push(pixels) - 1;
      part.rows.push({ ...row, shard: shardKey(row.split, chunk), index });
    } else part.problems.push({ line, name: row.fileName, ...problem });
  }
  const write = async () => {
    for (const split of splits.filter((split) => photographs[split].length > 0)) {
      const { content, ...file } = encodeShard(photographs[split]);
      const key = shardKey(split, chunk);
      part.shards[key] = file;
      await data.write(datasetKeys.prefix(version) + key, content);
    }
    await data.write(workKeys(version).part(chunk), JSON.stringify(part), "application/json");
  };
  return { part, write };
}

type Decoded =
  | { pixels: Uint8Array; problem?: never }
  | { pixels?: never; problem: { reason: string; message: string } };

async function decode(bytes: Uint8Array | undefined): Promise<Decoded> {
  if (!bytes) throw new Error("A fetched photograph is not in its chunk: fetch the data set again");
  try {
    return { pixels: await decodeImage(bytes) };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return { problem: { reason: `photograph-${error.reason}`, message: errorMessage(error) } };
  }
}
