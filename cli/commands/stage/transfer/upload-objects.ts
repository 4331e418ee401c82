import { createReadStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import pMap from "p-map";
import { S3Store } from "../../../../aws/s3-store.ts";
import { datasetKeys } from "../../../../core/contracts/dataset.ts";
import { InvalidInputError } from "../../../../core/errors.ts";
import type { Archive, BucketNames, BucketPurpose, StoredObject } from "./archive.ts";
import { measure, type OnCopied } from "./download-objects.ts";
import { hashStream } from "./hash.ts";

/** Names the newest dataset: of two stages the newer one counts. */
const isPointer = ({ bucket, key }: StoredObject) => bucket === "data" && key === datasetKeys.latest;

/** Without a name for it, a retraining takes the one of these that was written last. */
const isDataset = ({ bucket, key }: StoredObject) => bucket === "raw" && /(\.zip|(^|\/)data\.csv)$/i.test(key);

/**
 * Copies an export's objects into the buckets of a stage. Nothing that is there is overwritten, and what is there already is not
 * copied again.
 * @throws InvalidInputError when an object has another content there, before anything is written
 */
export async function uploadObjects(
  client: S3Client,
  buckets: BucketNames,
  archive: Archive,
  objects: readonly StoredObject[],
  onCopied: OnCopied,
): Promise<void> {
  const missing = await findMissing(
    client,
    buckets,
    objects.filter((each) => !isPointer(each)),
  );
  const all = measure(missing);
  const done = { count: 0, bytes: 0 };
  const copy = async (object: StoredObject) => {
    await upload(client, buckets, archive, object);
    done.count += 1;
    done.bytes += object.size;
    onCopied(done, all);
  };
  // Raw data last: it may start a retraining, once nothing more has come for some minutes.
  for (const purpose of ["artifacts", "data", "raw"]) {
    const chosen = missing.filter((object) => object.bucket === purpose && !isDataset(object));
    await pMap(chosen, copy, { concurrency: 8 });
  }
  const datasets = missing.filter(isDataset).sort((a, b) => a.modified.localeCompare(b.modified));
  for (const [i, object] of datasets.entries()) {
    // S3 knows the time to the second.
    if (i > 0) await sleep(1000);
    await copy(object);
  }
}

/** Has the stage take the newest dataset of the export for its own. */
export async function uploadPointers(
  client: S3Client,
  buckets: BucketNames,
  archive: Archive,
  objects: readonly StoredObject[],
): Promise<void> {
  for (const object of objects.filter(isPointer)) await upload(client, buckets, archive, object);
}

async function findMissing(client: S3Client, buckets: BucketNames, objects: StoredObject[]): Promise<StoredObject[]> {
  const missing: StoredObject[] = [];
  const differing: string[] = [];
  for (const [purpose, ofBucket] of Map.groupBy(objects, ({ bucket }) => bucket)) {
    const sizes = await listSizes(client, buckets[purpose]);
    const look = async (object: StoredObject) => {
      const size = sizes.get(object.key);
      if (size === undefined) missing.push(object);
      else if (size !== object.size || (await readHash(client, buckets[purpose], object.key)) !== object.sha256)
        differing.push(`s3://${buckets[purpose]}/${object.key}`);
    };
    await pMap(ofBucket, look, { concurrency: 8 });
  }
  if (differing.length === 0) return missing;
  throw new InvalidInputError(
    `The stage has ${differing.length} objects under the keys of others of the export: ${differing.sort().slice(0, 3).join(", ")}. ` +
      "Nothing was changed. Move or delete them, then import again.",
  );
}

async function listSizes(client: S3Client, bucket: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { key, size } of new S3Store(client, bucket).list("")) sizes.set(key, size);
  return sizes;
}

/** Hash of an object: as an earlier attempt stored it next to the object, else of its content. */
async function readHash(client: S3Client, Bucket: string, key: string): Promise<string> {
  const { Metadata } = await client.send(new HeadObjectCommand({ Bucket, Key: key }));
  return Metadata?.sha256 ?? (await hashStream(await new S3Store(client, Bucket).readStream(key)));
}

async function upload(
  client: S3Client,
  buckets: Record<BucketPurpose, string>,
  archive: Archive,
  { bucket, key, sha256, contentType }: StoredObject,
): Promise<void> {
  const params = {
    Bucket: buckets[bucket],
    Key: key,
    Body: createReadStream(archive.objectPath(sha256)),
    Metadata: { sha256 },
    ...(contentType && { ContentType: contentType }),
  };
  await new Upload({ client, params }).done();
}
