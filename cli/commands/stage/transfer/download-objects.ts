import { createWriteStream } from "node:fs";
import { appendFile, mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import pMap from "p-map";
import { S3Store } from "../../../../aws/s3-store.ts";
import { backbonePrefix } from "../../../../core/contracts/execution.ts";
import type { ObjectInfo } from "../../../../core/storage.ts";
import type { Archive, BucketNames, BucketPurpose, StoredObject } from "./archive.ts";
import { ContentHash } from "./hash.ts";

/**
 * What moves with a stage. Copies that were fetched, files of trainings and uploads are made again or are past; `serving/` is
 * published again from the registry.
 */
const moved: [BucketPurpose, prefix: string][] = [
  ["artifacts", "mlflow/"],
  ["data", backbonePrefix],
  ["data", "datasets/"],
  ["raw", ""],
];

type Found = ObjectInfo & { bucket: BucketPurpose };

/** How far a copy has come: objects and bytes. */
export type OnCopied = (done: { count: number; bytes: number }, all: { count: number; bytes: number }) => void;

/**
 * Copies a stage's objects into the archive, those again that have changed since an attempt that broke off.
 * @throws NamedError, or what S3 says; the next call goes on from there
 */
export async function downloadObjects(
  client: S3Client,
  buckets: BucketNames,
  archive: Archive,
  onCopied: OnCopied,
): Promise<StoredObject[]> {
  const found: Found[] = [];
  for (const [bucket, prefix] of moved)
    for await (const info of new S3Store(client, buckets[bucket]).list(prefix)) found.push({ ...info, bucket });
  const known = new Map((await archive.readIndex()).map((object) => [idOf(object), object]));
  const all = measure(found);
  const done = { count: 0, bytes: 0 };
  const copy = async (info: Found): Promise<StoredObject> => {
    const old = known.get(idOf(info));
    const isThere = old?.etag === info.etag && (await archive.hasObject(old));
    const stored = isThere ? old : await download(client, buckets[info.bucket], info, archive);
    if (!isThere) await appendFile(archive.indexPath(), `${JSON.stringify(stored)}\n`);
    done.count += 1;
    done.bytes += info.size;
    onCopied(done, all);
    return stored;
  };
  return pMap(found, copy, { concurrency: 8 });
}

const idOf = ({ bucket, key }: { bucket: string; key: string }) => `${bucket}/${key}`;

/** How many objects, of how many bytes. */
export function measure(objects: readonly { size: number }[]): { count: number; bytes: number } {
  return { count: objects.length, bytes: objects.reduce((sum, { size }) => sum + size, 0) };
}

async function download(client: S3Client, Bucket: string, info: Found, archive: Archive): Promise<StoredObject> {
  const { bucket, key } = info;
  const found = await client.send(new GetObjectCommand({ Bucket, Key: key }));
  if (!(found.Body instanceof Readable)) throw new Error(`s3://${Bucket}/${key} came without a body`);
  const part = archive.partPath(`${process.pid}-${Math.random().toString(36).slice(2)}`);
  try {
    const content = new ContentHash();
    await pipeline(found.Body, (parts: AsyncIterable<Uint8Array>) => content.pass(parts), createWriteStream(part));
    const { sha256, size } = content.end();
    const path = archive.objectPath(sha256);
    await mkdir(dirname(path), { recursive: true });
    await rename(part, path);
    const { ETag: etag = info.etag, LastModified: modified = info.modified, ContentType } = found;
    const type = ContentType && { contentType: ContentType };
    return { bucket, key, size, etag, modified: modified.toISOString(), sha256, ...type };
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
