import { rm } from "node:fs/promises";
import { FolderStore } from "../core/folder-store.ts";
import { writeSample } from "../core/synthetic/sample.ts";

/** Renders the generated sample into a folder, unless it is there: `data.csv` is written last. @returns the folder */
export async function ensureSample(
  folder: string,
  onProgress: (done: number, total: number) => void,
  { fruits, seed } = { fruits: 40, seed: 1 },
): Promise<string> {
  const store = new FolderStore(folder);
  if (await store.head("data.csv")) return folder;
  await rm(folder, { recursive: true, force: true });
  await writeSample(store, { fruits, seed, onProgress });
  return folder;
}
