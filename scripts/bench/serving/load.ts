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
