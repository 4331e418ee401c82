import type { DataRow } from "./rows.ts";

const millisecondsPerDay = 86_400_000;

/** What is known of the days that a fruit has left on one photograph: one of the two. */
export interface Label {
  /** Days until the fruit was first seen at stage 5, never below 0. */
  shelfLifeDays?: number;
  /** For a fruit never seen at stage 5: days until it was last seen, a lower bound (right-censored). */
  censoredDays?: number;
}

/**
 * The label of each row, in the order of the rows. The first time at stage 5 and the last time seen count over all rows of
 * a fruit, both sides, with or without a photograph.
 */
export function labelRows(rows: readonly DataRow[]): Label[] {
  const overripe = new Map<string, number>();
  const lastSeen = new Map<string, number>();
  for (const { sample, stage, time } of rows) {
    if (stage === 5) overripe.set(sample, Math.min(time, overripe.get(sample) ?? time));
    lastSeen.set(sample, Math.max(time, lastSeen.get(sample) ?? time));
  }
  return rows.map(({ sample, time }) => {
    const end = overripe.get(sample);
    if (end !== undefined) return { shelfLifeDays: Math.max(0, end - time) / millisecondsPerDay };
    return { censoredDays: ((lastSeen.get(sample) ?? time) - time) / millisecondsPerDay };
  });
}
