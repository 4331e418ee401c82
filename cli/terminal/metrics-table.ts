import type { GroupedMetrics, RegressionMetrics } from "../../core/contracts/model.ts";

/** Errors as a table for people: one line for all photographs and one for each storage group. */
export function formatMetrics(metrics: GroupedMetrics): string {
  const cells = ([name, { n, mae, rmse, r2 }]: [string, RegressionMetrics]) => [
    name.padEnd(16),
    String(n).padStart(8),
    mae.toFixed(3).padStart(9),
    rmse.toFixed(3).padStart(9),
    (r2?.toFixed(3) ?? "-").padStart(8),
  ];
  const head = ["".padEnd(16), "n".padStart(8), "MAE days".padStart(9), "RMSE".padStart(9), "R2".padStart(8)];
  const lines = [
    head,
    ...([["all", metrics], ...Object.entries(metrics.groups)] as const).map((line) => cells([...line])),
  ];
  return [
    ...lines.map((line) => `  ${line.join("")}`),
    `  ${"mean of groups".padEnd(24)}${metrics.macroMae.toFixed(3).padStart(9)}`,
  ].join("\n");
}
