import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { median } from "d3-array";
import type { Progress } from "../../cli/terminal/progress.ts";
import { Chart, type Point } from "../../core/plots/chart.ts";
import { collectPhotographs, writeBenchZip } from "./material.ts";
import type { Measured } from "./step.ts";

/** One size of dataset: seconds of each step, and its largest memory in MB. */
interface Growth {
  photographs: number;
  megabytes: number;
  fetch: Measured;
  preprocess: Measured;
  assemble: Measured;
}

/** Preprocessing compared with sharp alone, by the medians of some rounds in turns. */
interface Comparison {
  photographs: number;
  sharpPerSecond: number;
  preprocessPerSecond: number;
  ratio: number;
  /** The same of processor time. */
  cpuRatio: number;
}
const rounds = 7;

export interface PreprocessOptions {
  /** File for the figures as JSON. */
  json?: string | undefined;
  /** File for the growth as SVG. */
  plot?: string | undefined;
  /** Folder whose photos are used (default: rendered ones). */
  data?: string | undefined;
  /** Numbers of photos to measure. */
  sizes: number[];
}

/** `npm run bench -- preprocess`. Each step runs in a process of its own, as in Lambda, so that its memory is its own. */
export async function benchPreprocess(options: PreprocessOptions, progress: Progress): Promise<void> {
  const { json: jsonFile, plot, data, sizes } = options;
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  try {
    progress.now("Making photographs");
    const { photographs, side, source } = await collectPhotographs(data, join(folder, "material"));
    const bytes = photographs.reduce((sum, { length }) => sum + length, 0) / photographs.length;
    progress.line(`${photographs.length} photographs (${source}), ${side}, ${(bytes / 1000).toFixed(0)} kB each`);
    const growth: Growth[] = [];
    let comparison: Comparison | undefined;
    for (const size of sizes) {
      progress.now(`${size} photographs`);
      const zip = join(folder, `${size}.zip`);
      const megabytes = (await writeBenchZip(zip, photographs, size)) / 1e6;
      const step = (name: string) => runStep(name, zip, join(folder, "work"));
      const [fetch, preprocess] = [await step("fetch"), await step("preprocess")];
      growth.push({ photographs: size, megabytes, fetch, preprocess, assemble: await step("assemble") });
      progress.line(describeGrowth(growth.at(-1) as Growth));
      comparison ??= await compare(size, step);
      await rm(zip);
      await rm(join(folder, "work"), { recursive: true });
    }
    if (!comparison) return;
    progress.line(describeComparison(comparison));
    const [exponent, cpuExponent] = [growthExponent(growth, "seconds"), growthExponent(growth, "cpuSeconds")];
    if (exponent !== undefined && cpuExponent !== undefined) {
      progress.line(
        `Time grows as the number of photographs to the power of ${exponent.toFixed(2)}, processor time of ${cpuExponent.toFixed(2)}`,
      );
    }
    const machine = { cores: availableParallelism(), processor: cpus()[0]?.model ?? "unknown", node: process.version };
    const result = {
      machine,
      photograph: { source, side, bytes: Math.round(bytes) },
      comparison,
      growth,
      exponent,
      cpuExponent,
    };
    if (jsonFile) await writeFile(jsonFile, `${JSON.stringify(result, null, 2)}\n`);
    if (plot) await writeFile(plot, growthPlot(growth));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(photographs: number, step: (name: string) => Promise<Measured>): Promise<Comparison> {
  const alone: Measured[] = [];
  const whole: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    alone.push(await step("sharp"));
    whole.push(await step("preprocess"));
  }
  const middle = (measured: readonly Measured[], clock: Clock) => median(measured, (one) => one[clock]) ?? Number.NaN;
  return {
    photographs,
    sharpPerSecond: photographs / middle(alone, "seconds"),
    preprocessPerSecond: photographs / middle(whole, "seconds"),
    ratio: middle(alone, "seconds") / middle(whole, "seconds"),
    cpuRatio: middle(alone, "cpuSeconds") / middle(whole, "cpuSeconds"),
  };
}

async function runStep(name: string, zip: string, work: string): Promise<Measured> {
  const script = join(import.meta.dirname, "step.ts");
  const child = spawn(process.execPath, [script, name, zip, work], { stdio: ["ignore", "pipe", "inherit"] });
  return (await json(child.stdout)) as Measured;
}

function describeGrowth({ photographs, megabytes, ...steps }: Growth): string {
  const parts = Object.entries(steps).map(
    ([name, { seconds, cpuSeconds, peakMegabytes }]) =>
      `${name} ${seconds.toFixed(1)} s (CPU ${cpuSeconds.toFixed(1)} s), ${peakMegabytes.toFixed(0)} MB`,
  );
  return `${String(photographs).padStart(6)} photographs, ${megabytes.toFixed(0)} MB: ${parts.join("; ")} at most`;
}

function describeComparison(comparison: Comparison): string {
  const { photographs, sharpPerSecond, preprocessPerSecond, ratio, cpuRatio } = comparison;
  return (
    `${preprocessPerSecond.toFixed(0)} photographs/s are preprocessed; sharp alone decodes and resizes ` +
    `${sharpPerSecond.toFixed(0)} (${photographs} of each, ${rounds} times in turns): ${ratio.toFixed(2)} of it, ${cpuRatio.toFixed(2)} in processor time`
  );
}

type Clock = "seconds" | "cpuSeconds";
const sumOf = ({ fetch, preprocess, assemble }: Growth, clock: Clock) =>
  fetch[clock] + preprocess[clock] + assemble[clock];

/** Slope of log time over log photographs, by least squares: 1 is linear. */
function growthExponent(growth: readonly Growth[], clock: Clock): number | undefined {
  if (growth.length < 2) return undefined;
  const points = growth.map((found): Point => [Math.log(found.photographs), Math.log(sumOf(found, clock))]);
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return covariance / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

function growthPlot(growth: readonly Growth[]): string {
  const last = growth.at(-1) as Growth;
  const total = (found: Growth) => sumOf(found, "cpuSeconds");
  const chart = new Chart(
    "Processor time from raw zip to dataset",
    { label: "photographs", range: [0, last.photographs] },
    { label: "seconds of all cores together", range: [0, total(last)] },
  );
  chart.guide([0, 0], [last.photographs, total(last)]);
  const line = (label: string, colour: string, seconds: (found: Growth) => number) =>
    chart.line(
      label,
      colour,
      growth.map((found) => [found.photographs, seconds(found)]),
    );
  line("fetch, preprocess and assemble", "#2f855a", total);
  line("fetch", "#2b6cb0", ({ fetch }) => fetch.cpuSeconds);
  return chart.svg();
}
