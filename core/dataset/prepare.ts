import { basename, dirname, resolve } from "node:path";
import type { DatasetRef } from "../contracts/pipeline.ts";
import { FolderStore } from "../folder-store.ts";
import { assembleDataset } from "./assemble.ts";
import { fetchData } from "./fetch.ts";
import { type Dataset, openDataset } from "./open.ts";
import { planDataset } from "./plan.ts";
import { preprocessShard } from "./preprocess.ts";

/** How far a local preparation is; `total` once it is known. */
export interface Progress {
  step: "fetch" | "preprocess";
  photographs: number;
  total?: number;
}

/**
 * Runs the pipeline's steps on a local folder or zip. What is in the work folder already is not done again.
 * @throws NotFoundError, InvalidDatasetError as the steps do
 */
export async function prepareFolder(
  path: string,
  workFolder: string,
  onProgress: (progress: Progress) => void = () => {},
): Promise<{ ref: DatasetRef; dataset: Dataset }> {
  const raw = new FolderStore(dirname(resolve(path)));
  const data = new FolderStore(workFolder);
  const onFetched = (photographs: number) => onProgress({ step: "fetch", photographs });
  const fetched = await fetchData({ raw, data, key: basename(resolve(path)), onProgress: onFetched });
  const { version, items } = await planDataset(data, fetched);
  let photographs = 0;
  const [first, last] = [items.at(0), items.at(-1)];
  if (first && last) {
    await preprocessShard(data, { version, first: first.first, last: last.last }, (more) => {
      photographs += more;
      onProgress({ step: "preprocess", photographs, total: fetched.photographs });
    });
  }
  const ref = await assembleDataset(data, version);
  return { ref, dataset: await openDataset(data, version) };
}
