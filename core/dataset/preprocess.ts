import { availableParallelism } from "node:os";
import { pMapIterable } from "p-map";
import type { z } from "zod";
import { datasetKeys, type Split, splits } from "../contracts/dataset.ts";
import type { ShardItem, ShardResult } from "../contracts/pipeline.ts";
import { errorMessage } from "../errors.ts";
import { decodeImage, ImageError } from "../image.ts";
import { type ObjectStore, readJson } from "../storage.ts";
import { readChunk } from "./chunks.ts";
import { type ChunkPart, chunkPart, chunkPlan, fetchedKeys, planIndex, shardKey, workKeys } from "./layout.ts";
import { ShardWriter } from "./npy.ts";

/**
 * Decodes the photographs of a range of chunks into shards, up to three a chunk (one per split). A chunk that was
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
  let reading = read(data, version, prefix, first);
  for (let chunk = first; chunk <= last; chunk++) {
    const content = await reading;
    // One chunk is read and another written while a third is decoded.
    if (chunk < last) reading = quietly(read(data, version, prefix, chunk + 1));
    const { part, write } = content.done ? { part: content.done } : await decodeChunk(data, version, chunk, content);
    result.photographs += part.rows.length;
    result.dropped += part.problems.length;
    onProgress?.(part.rows.length);
    await writing;
    if (write) writing = quietly(write());
  }
  await writing;
  return result;
}

/** Awaited later: should something else fail first, that error is the one to report. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** What a chunk was made into before, or what it is made of. */
type ChunkContent =
  | { done: ChunkPart }
  | { done?: never; prefix: string; plan: z.infer<typeof chunkPlan>; files: Map<string, Uint8Array> };

async function read(data: ObjectStore, version: string, prefix: string, chunk: number): Promise<ChunkContent> {
  const keys = workKeys(version);
  const done = await data.head(keys.part(chunk));
  if (done) {
    const part = await readJson(data, keys.part(chunk), (value) => chunkPart.parse(value));
    if (part.prefix === prefix) return { done: part };
  }
  const plan = await readJson(data, keys.chunk(chunk), (value) => chunkPlan.parse(value));
  return { prefix, plan, files: await readChunk(data, fetchedKeys(prefix).chunk(chunk)) };
}

async function decodeChunk(
  data: ObjectStore,
  version: string,
  chunk: number,
  { prefix, plan, files }: Exclude<ChunkContent, { done: ChunkPart }>,
) {
  const shardOf = (split: Split) => new ShardWriter(plan.filter(({ row }) => row.split === split).length);
  const shards = { train: shardOf("train"), validation: shardOf("validation"), test: shardOf("test") };
  const part: ChunkPart = { prefix, rows: [], shards: {}, problems: [] };
  // In order, so that the same chunk gives the same shards.
  const decoded = pMapIterable(plan, async (planned) => ({ ...planned, ...(await decode(files.get(planned.path))) }), {
    concurrency: availableParallelism() + 1,
    backpressure: 32,
  });
  for await (const { row, line, pixels, problem } of decoded) {
    if (pixels) part.rows.push({ ...row, shard: shardKey(row.split, chunk), index: shards[row.split].add(pixels) });
    else part.problems.push({ line, name: row.fileName, ...problem });
  }
  const write = async () => {
    for (const split of splits.filter((split) => shards[split].photographs > 0)) {
      const { content, ...file } = shards[split].finish();
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
  if (!bytes) throw new Error("A fetched photograph is not in its chunk: fetch the dataset again");
  try {
    return { pixels: await decodeImage(bytes) };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return { problem: { reason: `photograph-${error.reason}`, message: errorMessage(error) } };
  }
}
