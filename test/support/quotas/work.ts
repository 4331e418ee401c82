import { readFileSync } from "node:fs";
import { maxShardItems } from "../../../core/contracts/pipeline.ts";
import { maxChunkPhotographs } from "../../../core/dataset/chunks.ts";

/** Photographs of the published dataset. */
export const publishedPhotographs = 14_710;

/** Measured with photographs of the published size: the last row of the table in docs/data.md. */
const measured = { photographs: 15_000, fetchSeconds: 8.9, preprocessProcessorSeconds: 71.4 };
/** A Lambda has one processor per 1,769 MB: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const megabytesPerProcessor = 1769;
/** Megabytes of the Lambda that makes a shard. */
const memory = Number(
  /"preprocess-shard".*?memory: (\d+)/s.exec(
    readFileSync(new URL("../../../lib/constructs/data-steps.ts", import.meta.url), "utf8"),
  )?.[1],
);
/** As in docs/data.md: as much again for waiting on S3. */
const waiting = 2;

/** Seconds that reading so many photographs takes. */
export const secondsToFetch = (photographs: number) => (photographs / measured.photographs) * measured.fetchSeconds;

/** The items of the map for so many photographs of the published size, and the seconds that one takes in a Lambda. */
export function shardWork(photographs: number) {
  const chunks = Math.ceil(photographs / maxChunkPhotographs);
  const chunksOfItem = Math.ceil(chunks / maxShardItems);
  const perPhotograph = measured.preprocessProcessorSeconds / measured.photographs;
  const seconds = (chunksOfItem * maxChunkPhotographs * perPhotograph * waiting * megabytesPerProcessor) / memory;
  return { items: Math.ceil(chunks / chunksOfItem), chunksOfItem, seconds };
}
