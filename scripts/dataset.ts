import { readdir } from "node:fs/promises";
import { parseArgs } from "node:util";
import { datasetSource } from "../core/contracts/dataset.ts";
import { errorMessage, InvalidInputError, NotFoundError } from "../core/errors.ts";
import { FolderStore } from "../core/folder-store.ts";
import { readJson } from "../core/storage.ts";
import { sampleSource, writeSample } from "../core/synthetic/sample.ts";

const usage = "npm run dataset -- sample --fruits 40 --seed 1 --out <folder>";

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      fruits: { type: "string", default: "40" },
      seed: { type: "string", default: "1" },
      out: { type: "string" },
    },
  });
  if (positionals.join(" ") !== "sample" || !values.out) throw new InvalidInputError(`Usage: ${usage}`);
  const seed = Number(values.seed);
  const store = new FolderStore(values.out);
  await checkFolder(store, sampleSource(seed));
  const photographs = await writeSample(store, { fruits: Number(values.fruits), seed, onProgress: showProgress });
  console.log(`${photographs} synthetic photographs of ${values.fruits} avocados in ${store.folder}`);
}

/** Another data set's photographs must not mix with the sample's. */
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

function showProgress(photographs: number, total: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${photographs} of ${total}${photographs === total ? "\n" : ""}`);
}

try {
  await main();
} catch (error) {
  console.error(errorMessage(error));
  process.exitCode = 1;
}
