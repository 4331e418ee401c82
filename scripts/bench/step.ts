import { availableParallelism } from "node:os";
import { basename, dirname } from "node:path";
import pMap from "p-map";
import sharp from "sharp";
import { imageSize } from "../../core/contracts/dataset.ts";
import { assembleDataset } from "../../core/dataset/assemble.ts";
import { readChunk } from "../../core/dataset/chunks.ts";
import { fetchData } from "../../core/dataset/fetch.ts";
import { fetchedKeys } from "../../core/dataset/layout.ts";
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

/** Preprocessing beside sharp alone. */
export interface Comparison {
  photographs: number;
  sharpPerSecond: number;
  preprocessPerSecond: number;
  ratio: number;
  /** The same of processor time. */
  cpuRatio: number;
}

/** Chunks that each side works on before the other has its turn, so that both meet the same load of the machine. */
const turn = 2;

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
  const { version, items } = await planDataset(data, await fetch());
  const last = items.at(-1)?.last ?? 0;
  return measure(() => preprocessShard(data, { version, first: 0, last }));
}

/** The same photographs by preprocessing and by sharp alone, in turns. Both may use all cores. */
async function compare(): Promise<Comparison> {
  const fetched = await fetch();
  const { prefix, photographs } = fetched;
  const version = "0".repeat(16);
  const { items } = await planDataset(data, { ...fetched, version });
  const chunks = (items.at(-1)?.last ?? 0) + 1;
  const alone = { seconds: 0, cpuSeconds: 0 };
  const whole = { seconds: 0, cpuSeconds: 0 };
  const add = async (total: typeof alone, run: () => Promise<unknown>) => {
    const { seconds, cpuSeconds } = await measure(run);
    total.seconds += seconds;
    total.cpuSeconds += cpuSeconds;
  };
  for (let first = 0; first < chunks; first += turn) {
    const last = Math.min(first + turn, chunks) - 1;
    const files: Uint8Array[] = [];
    for (let chunk = first; chunk <= last; chunk++) {
      files.push(...(await readChunk(data, fetchedKeys(prefix).chunk(chunk))).values());
    }
    await add(alone, () => decodeWithSharp(files));
    await add(whole, () => preprocessShard(data, { version, first, last }));
  }
  return {
    photographs,
    sharpPerSecond: photographs / alone.seconds,
    preprocessPerSecond: photographs / whole.seconds,
    ratio: alone.seconds / whole.seconds,
    cpuRatio: alone.cpuSeconds / whole.cpuSeconds,
  };
}

function decodeWithSharp(files: readonly Uint8Array[]): Promise<unknown> {
  const decode = (bytes: Uint8Array) => sharp(bytes).resize(imageSize, imageSize).raw().toBuffer();
  return pMap(files, async (bytes) => (await decode(bytes)).length, { concurrency: availableParallelism() + 1 });
}

const steps: Record<string, () => Promise<Measured | Comparison>> = {
  fetch: () => measure(fetch),
  preprocess,
  assemble: async () => {
    const { version } = await fetch();
    return measure(() => assembleDataset(data, version));
  },
  compare,
};
console.log(JSON.stringify(await steps[step ?? ""]?.()));
