import { rmSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { Progress } from "../../cli/terminal/progress.ts";
import { setUp } from "../setup/run.ts";
import { collectPhotographs } from "./material.ts";
import { type Measured, measureRound, type Summary, summarise } from "./serving/figures.ts";
import type { NetworkName, TargetName } from "./serving/names.ts";
import { makeNetwork } from "./serving/network.ts";
import { figuresTable, servingPlot } from "./serving/report.ts";
import type { BenchmarkTarget } from "./serving/target.ts";
import { targets } from "./serving/targets.ts";

/** Enough for no cache to know them all by heart. */
const mostPhotographs = 32;

export interface ServingOptions {
  /** File for the figures as JSON. */
  json?: string | undefined;
  /** File for the figures of the first network as SVG. */
  plot?: string | undefined;
  /** Folder whose photos are used (default: rendered ones). */
  data?: string | undefined;
  /** Folder of a model, instead of networks with random weights. */
  model?: string | undefined;
  networks: NetworkName[];
  /** What the API is compared with. */
  targets: TargetName[];
  rounds: number;
  /** Of each measurement in a round. */
  seconds: number;
}

/** `npm run bench -- serving`. */
export async function benchServing(settings: ServingOptions, progress: Progress): Promise<void> {
  const { model, rounds, seconds } = settings;
  const chosen = [...new Set<TargetName>(["api", ...settings.targets])];
  const needs = [
    ...(chosen.includes("mlflow") ? ["python"] : []),
    ...(chosen.includes("keras") || !model ? ["peers"] : []),
  ];
  setUp(needs, "What is measured");
  // The servers run in groups of their own, which end when this process exits, but not when it is cut off.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  const work = await mkdtemp(join(tmpdir(), "bench-"));
  process.once("exit", () => rmSync(work, { recursive: true, force: true }));
  progress.now("Making photographs");
  const material = await preparePhotographs(settings.data, work);
  const folders = model
    ? [{ name: basename(resolve(model)), folder: resolve(model) }]
    : await makeNetworks(settings.networks, progress);
  const machine = { cores: availableParallelism(), processor: cpus()[0]?.model ?? "unknown", node: process.version };
  const { source, side, bytes } = material;
  progress.line(
    `${material.photographs.length} photographs (${source}), ${side}, ${(bytes / 1000).toFixed(0)} kB each; ` +
      `${machine.cores} cores (${machine.processor}), Node ${machine.node}, load ${loadavg()[0]?.toFixed(1)}`,
  );
  const networks: Record<string, { summaries: Summary[]; rounds: Measured[][] }> = {};
  for (const { name, folder } of folders) {
    const ready = await Promise.all(chosen.map((one) => targets[one]({ ...material, network: folder, work })));
    networks[name] = await measureNetwork(name, ready, settings, progress);
    // After each network, for a run that is cut off.
    const result = { machine, photograph: { source, side, bytes }, rounds, seconds, networks };
    if (settings.json) await writeFile(settings.json, `${JSON.stringify(result, null, 2)}\n`);
  }
  const [first] = Object.entries(networks);
  if (settings.plot && first) {
    await writeFile(settings.plot, servingPlot(`Serving ${first[0]} on ${machine.cores} cores`, first[1].summaries));
  }
}

/** Some photographs, in memory and as files. `bytes`: of each, on average. */
async function preparePhotographs(data: string | undefined, work: string) {
  const { source, side, photographs: all } = await collectPhotographs(data, join(work, "material"));
  const photographs = all.slice(0, mostPhotographs);
  const photographFolder = join(work, "photographs");
  await mkdir(photographFolder);
  for (const [i, photograph] of photographs.entries()) {
    await writeFile(join(photographFolder, `${String(i).padStart(4, "0")}.jpg`), photograph);
  }
  const bytes = Math.round(photographs.reduce((sum, { length }) => sum + length, 0) / photographs.length);
  return { source, side, bytes, photographs, photographFolder };
}

async function measureNetwork(
  name: string,
  ready: readonly BenchmarkTarget[],
  { rounds, seconds }: ServingOptions,
  progress: Progress,
) {
  const measured: Measured[][] = [];
  for (let round = 1; round <= rounds; round++) {
    const log = (doing: string) => progress.now(`${name}, round ${round} of ${rounds}: ${doing}`);
    measured.push(await measureRound(ready, seconds, log));
  }
  const summaries = summarise(ready, measured);
  const answers = summaries.map(({ days }) => days);
  progress.line(`\n${name}, medians of ${rounds} rounds; in brackets how many times better this API does:\n`);
  progress.line(figuresTable(summaries));
  progress.line("");
  for (const target of summaries) progress.line(`- ${target.name} gets ${target.given}.`);
  progress.line(
    `- Their answers to one photograph are ${Math.min(...answers).toFixed(3)} to ${Math.max(...answers).toFixed(3)} days.`,
  );
  return { summaries, rounds: measured };
}

async function makeNetworks(names: readonly NetworkName[], progress: Progress) {
  const made: { name: string; folder: string }[] = [];
  for (const name of names) {
    progress.now(`Making ${name}, once`);
    made.push({ name, folder: await makeNetwork(name, (line) => progress.now(`Making ${name}, once: ${line}`)) });
  }
  return made;
}
