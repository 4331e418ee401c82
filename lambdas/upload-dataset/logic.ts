import { Readable } from "node:stream";
import pMap from "p-map";
import { datasetKeys, datasetSummary } from "../../core/contracts/dataset.ts";
import type { UploadDatasetTask, UploadedDataset } from "../../core/contracts/kaggle.ts";
import { NamedError, TransientError } from "../../core/errors.ts";
import type { BlobSource } from "../../core/kaggle/blobs.ts";
import type { KaggleRef } from "../../core/kaggle/checks.ts";
import type { KaggleClient } from "../../core/kaggle/client.ts";
import { isAbsent, isTaken } from "../../core/kaggle/errors.ts";
import type { DatasetStatus } from "../../core/kaggle/status.ts";
import { type ObjectStore, readJson } from "../../core/storage.ts";

export interface UploadDatasetClients {
  kaggle: KaggleClient;
  /** The data bucket. */
  data: ObjectStore;
  /** The dataset on Kaggle, whose versions are this project's datasets. */
  dataset: { slug: string; title: string; licence: string; keepVersions: boolean };
  /** It is to be trained on with a GPU. */
  gpu: boolean;
  /** Seconds until it is worth asking again, and after which waiting for a version is given up. */
  waitSeconds: number;
  timeoutSeconds: number;
  now?: () => Date;
}

/** The dataset did not become ready. */
class KaggleDatasetError extends NamedError {
  constructor(message: string) {
    super("KaggleDatasetFailed", message);
  }
}

/**
 * Makes a dataset a version on Kaggle unless the newest version there is it already, and says whether it is ready. Asked
 * again until it is.
 * @throws KaggleDatasetFailed when Kaggle cannot process it or takes too long; KaggleError, TransientError
 */
export async function uploadDataset(
  { dataset: { version }, previous }: UploadDatasetTask,
  clients: UploadDatasetClients,
): Promise<UploadedDataset> {
  const { kaggle, dataset, waitSeconds, timeoutSeconds, now = () => new Date() } = clients;
  const ref = { owner: kaggle.owner, slug: dataset.slug };
  const since = previous?.since ?? now().toISOString();
  const waiting = (uploaded: boolean): UploadedDataset => ({ ready: false, since, uploaded, waitSeconds });
  const uploaded = previous?.uploaded ?? false;

  let status: DatasetStatus | undefined;
  try {
    status = await kaggle.datasets.status(ref);
    const source = status === "READY" && (await findVersion(version, ref, kaggle));
    if (source) return { ...waiting(uploaded), ready: true, source };
  } catch (error) {
    // What was uploaded is not uploaded again because Kaggle is away, or does not show yet what it says is ready.
    if (!uploaded || !(error instanceof TransientError || isAbsent(error))) throw error;
  }
  const name = `Version ${version} of the dataset ${ref.owner}/${ref.slug}`;
  if (status === "FAILED" && uploaded) {
    throw new KaggleDatasetError(`${name} could not be processed by Kaggle. Its page there says why.`);
  }
  if ((now().getTime() - Date.parse(since)) / 1000 > timeoutSeconds) {
    const what = uploaded ? "is not ready" : "cannot be uploaded, since an earlier one is not ready";
    throw new KaggleDatasetError(`${name} ${what} after ${timeoutSeconds} s: Kaggle says ${status ?? "nothing"}.`);
  }
  // What is there yet is a version before it, or another client's version is in the making.
  const free = status === undefined || status === "READY" || status === "FAILED" || status === "DELETED";
  if (uploaded || !free) return waiting(uploaded);
  await upload(version, ref, clients);
  return waiting(true);
}

/** `owner/slug/number` of the newest version on Kaggle, where it is this one. */
async function findVersion(version: string, ref: KaggleRef, kaggle: KaggleClient): Promise<string | undefined> {
  const number = await kaggle.datasets.currentVersion(ref);
  const files = await kaggle.datasets.listFiles(ref, number);
  return files.some(({ name }) => name === markerOf(version)) ? `${ref.owner}/${ref.slug}/${number}` : undefined;
}

/** A file's name by which a version on Kaggle is recognised without reading it. */
const markerOf = (version: string) => `version-${version}.txt`;

/** Uploads shards in a folder, and next to the folder manifest, summary and a marker. */
async function upload(version: string, ref: KaggleRef, { kaggle, data, dataset, gpu }: UploadDatasetClients) {
  // Asked for before gigabytes are uploaded, not after.
  await kaggle.checkAccess();
  if (gpu) await kaggle.checkGpuQuota();
  const summary = await readJson(data, datasetKeys.summary(version), (value) => datasetSummary.parse(value));
  const send = async (keys: readonly string[]) => {
    const sources = await pMap(keys, (key) => sourceOf(version, key, data), { concurrency: 16 });
    return pMap(sources, (source) => kaggle.blobs.upload(source), { concurrency: 4 });
  };
  const shards = await send(summary.shards.map(({ key }) => datasetKeys.prefix(version) + key));
  const files = await send([datasetKeys.manifest(version), datasetKeys.summary(version)]);
  files.push(await kaggle.blobs.upload(marker(version)));
  const { title, licence, keepVersions } = dataset;
  const made = { ...ref, title, licence, keepVersions, files, folders: { shards } };
  try {
    await kaggle.datasets.publish(made, `Dataset ${version}`);
  } catch (error) {
    // Made by an earlier attempt whose answer was lost, and not shown yet.
    if (!isTaken(error)) throw error;
  }
}

async function sourceOf(version: string, key: string, data: ObjectStore): Promise<BlobSource> {
  const info = await data.head(key);
  if (!info) throw new KaggleDatasetError(`Dataset ${version} is not whole: ${key} does not exist.`);
  const name = key.slice(key.lastIndexOf("/") + 1);
  return { name, size: info.size, modified: info.modified, open: (from) => data.readStream(key, from) };
}

function marker(version: string): BlobSource {
  const text = Buffer.from(`Version ${version} of the photographs, as prepared by the retraining pipeline.\n`);
  const open = async (from: number) => Readable.from([text.subarray(from)]);
  return { name: markerOf(version), size: text.length, modified: new Date(), open };
}
