import { parseS3Uri } from "../../aws/s3-store.ts";
import type { FetchedData } from "../../core/contracts/pipeline.ts";
import { fetchData } from "../../core/dataset/fetch.ts";
import { InvalidInputError } from "../../core/errors.ts";
import type { ObjectStore } from "../../core/storage.ts";

export interface FetchStores {
  raw: { bucket: string; store: ObjectStore };
  data: ObjectStore;
  /** Opens a bucket that is not ours. Absent where no secret is configured. */
  external?: {
    open(bucket: string): Promise<ObjectStore>;
    /** What an error of that bucket means. */
    explain(error: unknown, address: string): unknown;
  };
}

/**
 * Fetches the dataset that an execution names: a key of the raw bucket, nothing (the newest there), or `s3://bucket/key`
 * anywhere.
 * @throws InvalidInputError, NotFoundError, InvalidDatasetError, TransientError
 */
export async function fetchNamedData(named: string | undefined, stores: FetchStores): Promise<FetchedData> {
  const { raw, data, external } = stores;
  if (!named?.startsWith("s3://")) return fetchData({ raw: raw.store, data, key: named });
  const { bucket, key } = parseS3Uri(named);
  if (bucket === raw.bucket) return fetchData({ raw: raw.store, data, key: key || undefined });
  if (!external) {
    throw new InvalidInputError(
      `${named} is not in the raw bucket, and this stage has no credentials for other buckets. Name their secret as ` +
        "rawDataSecret in the stage's configuration and deploy, or put the data into the raw bucket.",
    );
  }
  try {
    return await fetchData({ raw: await external.open(bucket), data, key: key || undefined });
  } catch (error) {
    throw external.explain(error, named);
  }
}
