import { median, quantile } from "d3-array";
import { readUsage } from "./process-tree.ts";
import type { BenchmarkTarget, Running } from "./target.ts";

/** What is measured of each target, and how it is written: for `perSecond` more is better, for the rest less. */
export const metrics = {
  p50Milliseconds: { label: "p50, ms", digits: 1 },
  p95Milliseconds: { label: "p95, ms", digits: 1 },
  p99Milliseconds: { label: "p99, ms", digits: 1 },
  perSecondAt1: { label: "a second, 1 at once", digits: 1 },
  perSecondAt4: { label: "4 at once", digits: 1 },
  perSecondAt16: { label: "16 at once", digits: 1 },
  cpuMillisecondsEach: { label: "processor, ms each", digits: 1 },
  firstAnswerSeconds: { label: "first answer, s", digits: 2 },
  megabytes: { label: "memory, MB", digits: 0 },
} as const;
export type Metric = keyof typeof metrics;
/** Memory and processor time are there on Linux alone. */
type Figures = Partial<Record<Metric, number>>;

/** A target's medians of all rounds. */
export interface Summary {
  name: string;
  given: string;
  figures: Figures;
  /** How many times better the first target does, round by round. */
  ratios: Figures;
  /** Its answer to the first photograph. */
  days: number;
}

/** One round's figures of one target. */
export interface Measured {
  figures: Figures;
  days: number;
}

/**
 * Starts all targets and measures them in turns, so that whatever else the machine does hits all alike.
 * @returns in their order
 */
export async function measureRound(
  targets: readonly BenchmarkTarget[],
  seconds: number,
  log: (doing: string) => void,
): Promise<Measured[]> {
  const rows: { running: Running; figures: Figures }[] = [];
  try {
    for (const target of targets) {
      log(`starting ${target.name}`);
      const before = performance.now();
      const running = await target.start();
      rows.push({ running, figures: { firstAnswerSeconds: (performance.now() - before) / 1000 } });
    }
    log("warming up");
    for (const { running } of rows) await running.measure(4, seconds / 2);
    for (const concurrency of [1, 4, 16] as const) {
      for (const [i, { running, figures }] of rows.entries()) {
        log(`${targets[i]?.name}, ${concurrency} at once`);
        Object.assign(figures, await measureOne(running, concurrency, seconds));
      }
    }
    return rows.map(({ running, figures }) => ({ figures, days: running.days }));
  } finally {
    await Promise.all(rows.map(({ running }) => running.stop()));
  }
}

async function measureOne(running: Running, concurrency: 1 | 4 | 16, seconds: number): Promise<Figures> {
  const before = await readUsage(running.pid);
  const { latencies, perSecond } = await running.measure(concurrency, seconds);
  const after = await readUsage(running.pid);
  const figures: Figures = { [`perSecondAt${concurrency}`]: perSecond };
  if (concurrency === 1) {
    for (const percent of [50, 95, 99] as const)
      figures[`p${percent}Milliseconds`] = quantile(latencies, percent / 100) ?? Number.NaN;
  }
  if (concurrency === 16 && before && after) {
    figures.cpuMillisecondsEach = ((after.cpuSeconds - before.cpuSeconds) * 1000) / latencies.length;
    figures.megabytes = after.megabytes;
  }
  return figures;
}

/** Medians of the rounds, and of each round's ratios to the first target. */
export function summarise(targets: readonly BenchmarkTarget[], rounds: readonly Measured[][]): Summary[] {
  return targets.map(({ name, given }, i) => {
    const figures: Figures = {};
    const ratios: Figures = {};
    for (const metric of Object.keys(metrics) as Metric[]) {
      const pairs = rounds.map((round) => [round[i]?.figures[metric], round[0]?.figures[metric]]);
      const found = pairs.filter((pair): pair is [number, number] => !pair.includes(undefined));
      if (found.length === 0) continue;
      figures[metric] = median(found, ([own]) => own) ?? Number.NaN;
      ratios[metric] =
        median(found, ([own, first]) => (metric.startsWith("perSecond") ? first / own : own / first)) ?? Number.NaN;
    }
    return { name, given, figures, ratios, days: rounds[0]?.[i]?.days ?? Number.NaN };
  });
}
