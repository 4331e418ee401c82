import { median, sum } from "d3-array";
import { type StorageGroup, storageGroups } from "../contracts/dataset.ts";
import type { GroupedMetrics, RegressionMetrics } from "../contracts/model.ts";

/** One labelled photograph and what a model said of it, in days. */
export interface ScoredPhotograph {
  group: StorageGroup;
  days: number;
  predicted: number;
}

/**
 * Errors over a set of photographs. `r2` is null where all labels are equal (it is not defined there).
 * @throws RangeError for an empty set, which has no errors to report
 */
export function regressionMetrics(scored: readonly { days: number; predicted: number }[]): RegressionMetrics {
  const n = scored.length;
  if (n === 0) throw new RangeError("There is no labelled photograph to measure on");
  const mean = scored.reduce((sum, { days }) => sum + days, 0) / n;
  let squared = 0;
  let absolute = 0;
  let spread = 0;
  for (const { days, predicted } of scored) {
    squared += (predicted - days) ** 2;
    absolute += Math.abs(predicted - days);
    spread += (days - mean) ** 2;
  }
  const mse = squared / n;
  return { n, mse, mae: absolute / n, rmse: Math.sqrt(mse), r2: spread > 0 ? 1 - squared / spread : null };
}

/** The errors over all photographs, those of each storage group that occurs, and the mean of the groups' MAEs. */
export function groupedMetrics(scored: readonly ScoredPhotograph[]): GroupedMetrics {
  const all = regressionMetrics(scored);
  const byGroup = Map.groupBy(scored, ({ group }) => group);
  const present = storageGroups.filter((group) => byGroup.has(group));
  const groups = Object.fromEntries(present.map((group) => [group, regressionMetrics(byGroup.get(group) ?? [])]));
  const maes = Object.values(groups).map(({ mae }) => mae);
  return { ...all, groups, macroMae: maes.reduce((sum, mae) => sum + mae, 0) / maes.length };
}

/**
 * Mean absolute error, in days, of answering the same for every photograph of a storage group: the median of these very
 * photographs. A model that sees nothing but the storage group cannot do better.
 */
export function medianBaselineMae(scored: readonly { group: StorageGroup; days: number }[]): number {
  const groups = [...Map.groupBy(scored, ({ group }) => group).values()];
  const sums = groups.map((photographs) => {
    const middle = median(photographs, ({ days }) => days) ?? 0;
    return sum(photographs, ({ days }) => Math.abs(days - middle));
  });
  return sum(sums) / scored.length;
}

/**
 * Metrics as a flat record of numbers, as MLflow and the sidecar keep them: `<prefix>mse`, `<prefix>mae_T10`, ...
 */
export function flattenMetrics(metrics: GroupedMetrics, prefix = ""): Record<string, number> {
  const { n, mse, mae, rmse, r2, macroMae, groups } = metrics;
  const flat: Record<string, number> = { n, mse, mae, rmse, macroMae };
  if (r2 !== null) flat.r2 = r2;
  for (const [group, values] of Object.entries(groups)) flat[`mae_${group}`] = values.mae;
  return Object.fromEntries(Object.entries(flat).map(([key, value]) => [`${prefix}${key}`, value]));
}
