import { Readable } from "node:stream";
import pMap from "p-map";
import { type DatasetSummary, datasetKeys, datasetSummary } from "../../core/contracts/dataset.ts";
import type { UploadDatasetTask, UploadedDataset } from "../../core/contracts/kaggle.ts";
import { NamedError } from "../../core/errors.ts";
import type { BlobSource } from "../../core/kaggle/blobs.ts";
import type { KaggleClient } from "../../core/kaggle/client.ts";
import { type ObjectStore, readJson } from "../../core/storage.ts";

export interface UploadDatasetClients {
  kaggle: KaggleClient;
  /** The data bucket. */
  data: ObjectStore;
  /** The data set on Kaggle, whose versions are this project's data sets. */
  dataset: { slug: string; title: string; licence: string };
  /** Seconds until it is worth asking again, and after which waiting for a version is given up. */
  waitSeconds: number;
  patienceSeconds: number;
  now?: () => Date;
}

/** The data set did not become ready. */
class KaggleDatasetError extends NamedError {
  constructor(message: string) {
    super("KaggleDatasetFailed", message);
  }
}

/**
 * Makes a data set a version on Kaggle unless the newest version there is it already, and says whether it is ready. Asked
 * again until it is.
 * @throws KaggleDatasetFailed when Kaggle cannot process it or takes too long; KaggleError, TransientError
 */
export async function uploadDataset(
  { dataset: { version }, previous }: UploadDatasetTask,
  clients: UploadDatasetClients,
): Promise<UploadedDataset> {
  const { kaggle, dataset, waitSeconds, patienceSeconds, now = () => new Date() } = clients;
  const ref = { owner: kaggle.owner, slug: dataset.slug };
  const since = previous?.since ?? now().toISOString();
  const waiting = (uploaded: boolean): UploadedDataset => ({ ready: false, since, uploaded, waitSeconds });
  const uploaded = previous?.uploaded ?? false;

  const status = await kaggle.datasets.status(ref);
  if (status === "READY") {
    const number = await kaggle.datasets.currentVersion(ref);
    const files = await kaggle.datasets.listFiles(ref, number);
    if (files.some(({ name }) => name === markerOf(version))) {
      return { ...waiting(uploaded), ready: true, source: `${ref.owner}/${ref.slug}/${number}` };
    }
  }
  const name = `Version ${version} of the data set ${ref.owner}/${ref.slug}`;
  if (status === "FAILED" && uploaded) {
    throw new KaggleDatasetError(`${name} could not be processed by Kaggle. Its page there says why.`);
  }
  if ((now().getTime() - Date.parse(since)) / 1000 > patienceSeconds) {
    const what = uploaded ? "is not ready" : "cannot be uploaded, since an earlier one is not ready";
    throw new KaggleDatasetError(`${name} ${what} after ${patienceSeconds} s: Kaggle says ${status ?? "nothing"}.`);
  }
  // What is there yet is a version before it, or somebody else's version is in the making.
  const free = status === undefined || status === "READY" || status === "FAILED" || status === "DELETED";
  if (uploaded || !free) return waiting(uploaded);
  await upload(version, ref, clients);
  return waiting(true);
}

/** A file's name by which a version on Kaggle is recognised without reading it. */
const markerOf = (version: string) => `version-${version}.txt`;

async function upload(version: string, ref: { owner: string; slug: string }, clients: UploadDatasetClients) {
  const { kaggle, data, dataset } = clients;
  const summary = await readJson(data, datasetKeys.summary(version), (value) => datasetSummary.parse(value));
  const files = await pMap(await sourcesOf(version, summary, data), (source) => kaggle.blobs.upload(source), {
    concurrency: 4,
  });
  await kaggle.datasets.publish(
    { ...ref, title: dataset.title, licence: dataset.licence, files },
    `Data set ${version}`,
  );
}

/** What is uploaded, all in one folder: shards, manifest, summary, and a marker. */
async function sourcesOf(version: string, summary: DatasetSummary, data: ObjectStore): Promise<BlobSource[]> {
  const prefix = datasetKeys.prefix(version);
  const keys = [
    ...summary.shards.map(({ key }) => prefix + key),
    datasetKeys.manifest(version),
    datasetKeys.summary(version),
  ];
  const sources = keys.map(async (key): Promise<BlobSource> => {
    const info = await data.head(key);
    if (!info) throw new KaggleDatasetError(`Data set ${version} is not whole: ${key} does not exist.`);
    const name = key.slice(key.lastIndexOf("/") + 1);
    return { name, size: info.size, modified: info.modified, open: (from) => data.readStream(key, from) };
  });
  return [...(await Promise.all(sources)), marker(version)];
}

function marker(version: string): BlobSource {
  const text = Buffer.from(`Version ${version} of the photographs, as prepared by the retraining pipeline.\n`);
  const open = async (from: number) => Readable.from([text.subarray(from)]);
  return { name: markerOf(version), size: text.length, modified: new Date(), open };
}
