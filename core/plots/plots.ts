import { mean, quantile } from "d3-array";
import { type StorageGroup, storageGroups } from "../contracts/dataset.ts";
import type { ScoredPhotograph } from "../model/metrics.ts";
import { Chart, type Point, type Spread } from "./chart.ts";

/** Colour of each storage group, the same in every diagram. */
const groupColours: Record<StorageGroup, string> = { T10: "#2b6cb0", T20: "#2f855a", Tam: "#c05621" };
/** From firm and green to over-ripe. */
const stageColours = ["#38a169", "#718b2e", "#8a6d1f", "#6b4a2b", "#3d2c23"];

/** A photograph whose ripening stage, 1 to 5, is known, with what a model predicted. */
export interface StagedPhotograph extends ScoredPhotograph {
  stage: number;
}

/** Training and validation error by epoch, as SVG; the best epoch of validation is marked. Errors in days. */
export function learningCurve(history: readonly { trainLoss: number; valLoss: number }[]): string {
  const losses = history.flatMap(({ trainLoss, valLoss }) => [trainLoss, valLoss]);
  const chart = new Chart(
    "Learning curve",
    { label: "epoch", range: [1, Math.max(2, history.length)] },
    { label: "mean absolute error (days)", range: [0, Math.max(...losses)] },
  );
  chart.legendX = 500;
  chart.line(
    "training",
    "#2f855a",
    history.map(({ trainLoss }, i) => [i + 1, trainLoss]),
  );
  const validation = history.map(({ valLoss }, i): Point => [i + 1, valLoss]);
  chart.line("validation", "#c05621", validation);
  const best = validation.reduce((least, point) => (point[1] < least[1] ? point : least), [1, Number.MAX_VALUE]);
  chart.note(best, `best: ${best[1].toFixed(2)} days, epoch ${best[0]}`);
  return chart.svg();
}

/** Predicted against true days of photographs, one dot each, coloured by storage group; right predictions lie on the line. */
export function predictedAgainstTrue(scored: readonly ScoredPhotograph[], title: string): string {
  const longest = Math.max(1, ...scored.flatMap(({ days, predicted }) => [days, predicted]));
  const chart = new Chart(
    title,
    { label: "true days left", range: [0, longest] },
    { label: "predicted days left", range: [0, longest] },
  );
  chart.guide([0, 0], [longest, longest]);
  for (const group of storageGroups) {
    const points = scored.filter((photograph) => photograph.group === group);
    if (points.length === 0) continue;
    chart.dots(
      `${group}: ${meanAbsolute(points).toFixed(2)} days off on average`,
      groupColours[group],
      points.map(({ days, predicted }) => [days, predicted]),
    );
  }
  return chart.svg();
}

/** How errors spread as the days that are left grow: predictions above the dashed line are too long. */
function errorByDaysLeft(scored: readonly ScoredPhotograph[]): string {
  const longest = Math.max(1, ...scored.map(({ days }) => days));
  const step = Math.ceil(longest / 10);
  const classes = Array.from({ length: Math.floor(longest / step) + 1 }, (_, i) => ({
    name: step === 1 ? String(i) : `${i * step}–${(i + 1) * step}`,
    colour: "#4a7c2f",
    photographs: scored.filter(({ days }) => Math.floor(days / step) === i),
  }));
  return errorBoxes("Error by days left", "true days left", classes);
}

/** How errors spread in each storage group. */
function errorByGroup(scored: readonly ScoredPhotograph[]): string {
  const names: Record<StorageGroup, string> = { T10: "T10 (10 °C)", T20: "T20 (20 °C)", Tam: "Tam (ambient)" };
  const classes = storageGroups.map((group) => ({
    name: names[group],
    colour: groupColours[group],
    photographs: scored.filter((photograph) => photograph.group === group),
  }));
  return errorBoxes("Error by storage group", "storage group", classes);
}

/** How errors spread at each ripening stage. */
function errorByStage(scored: readonly StagedPhotograph[]): string {
  const classes = stageColours.map((colour, i) => ({
    name: String(i + 1),
    colour,
    photographs: scored.filter(({ stage }) => stage === i + 1),
  }));
  return errorBoxes("Error by ripening stage", "stage, from 1 (green) to 5 (over-ripe)", classes);
}

/** The diagrams of an evaluation, by file name. */
export function evaluationPlots(scored: readonly StagedPhotograph[]): Record<string, string> {
  return {
    "predicted-against-true.svg": predictedAgainstTrue(scored, "Predicted against true days left"),
    "error-by-days-left.svg": errorByDaysLeft(scored),
    "error-by-storage-group.svg": errorByGroup(scored),
    "error-by-stage.svg": errorByStage(scored),
  };
}

interface ErrorClass {
  name: string;
  colour: string;
  photographs: readonly ScoredPhotograph[];
}

/** A box of signed errors for each class that has photographs, with its mean absolute error below. */
function errorBoxes(title: string, label: string, all: readonly ErrorClass[]): string {
  const classes = all.filter(({ photographs }) => photographs.length > 0);
  const spreads = classes.map(({ photographs }) => spread(photographs.map(({ days, predicted }) => predicted - days)));
  const reach = Math.max(1, ...spreads.flatMap(({ p10, p90 }) => [-p10, p90]));
  const names = classes.map(({ name, photographs }, i) => {
    return { at: i, lines: [name, meanAbsolute(photographs).toFixed(2)] };
  });
  const chart = new Chart(
    title,
    { label: `${label}, and below it the mean absolute error in days`, range: [-0.6, classes.length - 0.4], names },
    { label: "predicted − true days", range: [-reach, reach] },
  );
  chart.guide([-0.6, 0], [classes.length - 0.4, 0]);
  for (const [i, found] of spreads.entries()) chart.box(i, 0.28, found, classes[i]?.colour ?? "");
  return chart.svg();
}

function meanAbsolute(photographs: readonly ScoredPhotograph[]): number {
  return mean(photographs, ({ days, predicted }) => Math.abs(predicted - days)) ?? Number.NaN;
}

function spread(values: readonly number[]): Spread {
  const at = (q: number) => quantile(values, q) ?? 0;
  return { p10: at(0.1), p25: at(0.25), p50: at(0.5), p75: at(0.75), p90: at(0.9) };
}
