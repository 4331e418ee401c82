import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import pMap from "p-map";
import sharp from "sharp";
import { imageSize } from "../../core/contracts/dataset.ts";
import { assembleDataset } from "../../core/dataset/assemble.ts";
import { readChunk } from "../../core/dataset/chunks.ts";
import { fetchData } from "../../core/dataset/fetch.ts";
import { planDataset } from "../../core/dataset/plan.ts";
import { preprocessShard } from "../../core/dataset/preprocess.ts";
import { FolderStore } from "../../core/folder-store.ts";

/** What one step took. */
export interface Measured {
  seconds: number;
  /** Seconds of all cores together, which other work on the machine hardly changes. */
  cpuSeconds: number;
  /** Most memory that the process ever had, in MB. */
  peakMegabytes: number;
}

const [step, zip = "", work = ""] = process.argv.slice(2);
const data = new FolderStore(work);
const fetch = () => fetchData({ raw: new FolderStore(dirname(zip)), data, key: basename(zip) });

async function measure(run: () => Promise<unknown>): Promise<Measured> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await run();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpuSeconds: (user + system) / 1e6, peakMegabytes: process.resourceUsage().maxRSS / 1000 };
}

async function preprocess(): Promise<Measured> {
  // What an earlier round has made would not be made again.
  await rm(join(work, "datasets"), { recursive: true, force: true });
  const { version, items } = await planDataset(data, await fetch());
  const last = items.at(-1)?.last ?? 0;
  return measure(() => preprocessShard(data, { version, first: 0, last }));
}

/** The least that is necessary: the same photographs, decoded and resized by sharp alone, on all cores too. */
async function sharpAlone(): Promise<Measured> {
  const { prefix } = await fetch();
  const total: Measured = { seconds: 0, cpuSeconds: 0, peakMegabytes: 0 };
  for await (const { key } of data.list(`${prefix}chunks/`)) {
    const files = [...(await readChunk(data, key)).values()];
    const { seconds, cpuSeconds, peakMegabytes } = await measure(() => decodeWithSharp(files));
    total.seconds += seconds;
    total.cpuSeconds += cpuSeconds;
    total.peakMegabytes = peakMegabytes;
  }
  return total;
}

function decodeWithSharp(files: readonly Uint8Array[]): Promise<unknown> {
  const decode = (bytes: Uint8Array) => sharp(bytes).resize(imageSize, imageSize).raw().toBuffer();
  return pMap(files, async (bytes) => (await decode(bytes)).length, { concurrency: availableParallelism() + 1 });
}

const steps: Record<string, () => Promise<Measured>> = {
  fetch: () => measure(fetch),
  preprocess,
  assemble: async () => {
    const { version } = await fetch();
    return measure(() => assembleDataset(data, version));
  },
  sharp: sharpAlone,
};
console.log(JSON.stringify(await steps[step ?? ""]?.()));
