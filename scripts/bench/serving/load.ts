/** What a while of asking gave. */
export interface Load {
  /** Milliseconds of each answer. */
  latencies: number[];
  /** Answers a second. */
  perSecond: number;
}

/** Asks one after the other on each of `concurrency` lanes for so many seconds, and at least once on each. */
export async function measureLoad(
  ask: (photograph: number) => Promise<unknown>,
  concurrency: number,
  seconds: number,
): Promise<Load> {
  const latencies: number[] = [];
  const started = performance.now();
  let asked = 0;
  const lane = async () => {
    do {
      const before = performance.now();
      await ask(asked++);
      latencies.push(performance.now() - before);
    } while (performance.now() - started < seconds * 1000);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return { latencies, perSecond: (latencies.length * 1000) / (performance.now() - started) };
}

/** The value below which so many percent of the values lie (nearest rank). */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}

/** The middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const middle = sorted.slice(Math.ceil(half) - 1, Math.floor(half) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}
