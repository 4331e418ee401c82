import { readdir } from "node:fs/promises";
import { datasetSource } from "../../../core/contracts/dataset.ts";
import { InvalidInputError, NotFoundError } from "../../../core/errors.ts";
import { FolderStore } from "../../../core/folder-store.ts";
import { readJson } from "../../../core/storage.ts";
import { sampleSource, writeSample } from "../../../core/synthetic/sample.ts";
import { bar, type Progress } from "../../terminal/progress.ts";

/** Renders a synthetic dataset into a folder. @throws InvalidInputError when another one is there */
export async function sampleCommand(
  { fruits, seed, out }: { fruits: number; seed: number; out: string },
  progress: Progress,
): Promise<void> {
  const store = new FolderStore(out);
  await checkFolder(store, sampleSource(seed));
  const onProgress = (done: number, total: number) => progress.now(`${bar(done, total)}  ${done} of ${total}`);
  const photographs = await writeSample(store, { fruits, seed, onProgress });
  progress.now("");
  progress.line(`${photographs} synthetic photographs of ${fruits} avocados in ${store.folder}`);
}

/** Another dataset's photographs must not mix with the sample's. */
async function checkFolder(store: FolderStore, source: string): Promise<void> {
  const names = await readdir(store.folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (names.length === 0) return;
  const found = await readJson(store, "dataset.json", (value) => datasetSource.parse(value)).catch((error: unknown) => {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  });
  if (found?.source !== source) {
    throw new InvalidInputError(`${store.folder} is not empty and holds no sample '${source}': choose another folder`);
  }
}
