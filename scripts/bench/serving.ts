import { existsSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { readArguments, usageError } from "../../cli/terminal/command.ts";
import type { Progress } from "../../cli/terminal/progress.ts";
import { setUp } from "../setup/run.ts";
import { collectPhotographs } from "./material.ts";
import { type Measured, measureRound, type Summary, summarise } from "./serving/figures.ts";
import { makeNetwork, type NetworkName, networkNames } from "./serving/network.ts";
import { figuresTable, servingPlot } from "./serving/report.ts";
import type { BenchmarkTarget } from "./serving/target.ts";
import { type TargetName, targetNames, targets } from "./serving/targets.ts";

export const servingUsage = `  This API compared with a FastAPI and Keras service, MLflow's server, and sharp with ONNX Runtime alone.
  --json <file>          write the figures as JSON
  --plot <file>          write those of the first network as SVG
  --data <folder>        photographs to use, from its images/ (default: rendered ones, 800 x 800)
  --networks <list>      with random weights (default: ${networkNames.join()})
  --model <folder>       a model of your own instead
  --targets <list>    what to compare the API with (default: node,keras,mlflow,lower-bound)
  --rounds <n>           in each of which all are started and measured in turns (default: 3)
  --seconds <n>          of each measurement in a round (default: 4)`;

/** Enough for no cache to know them all by heart. */
const mostPhotographs = 32;

type Settings = ReturnType<typeof readSettings>;

function readSettings(args: string[], usage: string) {
  const string = { type: "string" } as const;
  const options = {
    ...{ json: string, plot: string, data: string, model: string },
    networks: { ...string, default: networkNames.join() },
    targets: { ...string, default: "node,keras,mlflow,lower-bound" },
    rounds: { ...string, default: "3" },
    seconds: { ...string, default: "4" },
  };
  const { values } = readArguments({ args, options }, usage);
  const { model, json, plot, data } = values;
  const positive = (option: "rounds" | "seconds") => {
    const number = Number(values[option]);
    if (!(number > 0)) throw usageError(`--${option} ${values[option]} is not a number above 0.`, usage);
    return number;
  };
  const others = readList("--targets", values.targets, targetNames, usage);
  if (model && others.includes("keras") && !existsSync(join(model, "model.keras"))) {
    throw usageError(`${model} has no model.keras: leave out Keras with --targets node,mlflow,lower-bound.`, usage);
  }
  return {
    ...{ model, json, plot, data },
    networks: readList("--networks", values.networks, networkNames, usage),
    chosen: [...new Set<TargetName>(["api", ...others])],
    rounds: Math.ceil(positive("rounds")),
    seconds: positive("seconds"),
  };
}

/** `npm run bench -- serving`. */
export async function benchServing(args: string[], usage: string, progress: Progress): Promise<void> {
  const settings = readSettings(args, usage);
  const { chosen, model, rounds, seconds } = settings;
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
  { rounds, seconds }: Settings,
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

/** A list of known names, each once. @throws InvalidInputError */
function readList<T extends string>(option: string, value: string, known: readonly T[], usage: string): T[] {
  return [...new Set(value.split(","))].filter(Boolean).map((given) => {
    const found = known.find((name) => name === given);
    if (!found) throw usageError(`${option}: there is no '${given}', only ${known.join(", ")}.`, usage);
    return found;
  });
}
