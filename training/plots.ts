import { type StorageGroup, storageGroups } from "../core/contracts/dataset.ts";
import type { ScoredPhotograph } from "../core/model/metrics.ts";

const width = 640;
const height = 440;
const margin = { top: 56, right: 24, bottom: 56, left: 64 };
const colours: Record<StorageGroup, string> = { T10: "#2b6cb0", T20: "#2f855a", Tam: "#c05621" };

/** Training and validation error by epoch, as SVG; the best epoch of validation is marked. Errors in days. */
export function learningCurve(history: readonly { trainLoss: number; valLoss: number }[]): string {
  const losses = history.flatMap(({ trainLoss, valLoss }) => [trainLoss, valLoss]);
  const chart = new Chart(
    "Learning curve",
    "epoch",
    "mean absolute error (days)",
    [1, Math.max(2, history.length)],
    [0, Math.max(...losses)],
  );
  chart.legendX = width - 140;
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
  const days = scored.flatMap(({ days, predicted }) => [days, predicted]);
  const range: Point = [0, Math.max(1, ...days)];
  const chart = new Chart(title, "true days left", "predicted days left", range, range);
  chart.diagonal(range[1]);
  for (const group of storageGroups) {
    const points = scored.filter((photograph) => photograph.group === group);
    if (points.length === 0) continue;
    const error = points.reduce((sum, { days, predicted }) => sum + Math.abs(predicted - days), 0) / points.length;
    chart.dots(
      `${group}: ${error.toFixed(2)} days off on average`,
      colours[group],
      points.map(({ days, predicted }) => [days, predicted]),
    );
  }
  return chart.svg();
}

type Point = [x: number, y: number];

class Chart {
  private readonly title: string;
  private readonly labels: [x: string, y: string];
  private readonly ticks: [x: number[], y: number[]];
  private readonly x: (value: number) => number;
  private readonly y: (value: number) => number;
  private readonly marks: string[] = [];
  private readonly legend: { label: string; colour: string }[] = [];
  /** Left edge of the legend, where the marks leave room. */
  legendX = margin.left;

  constructor(title: string, xLabel: string, yLabel: string, xRange: Point, yRange: Point) {
    this.title = title;
    this.labels = [xLabel, yLabel];
    this.ticks = [niceTicks(...xRange), niceTicks(...yRange)];
    const top = Math.max(yRange[1], this.ticks[1].at(-1) ?? 0);
    this.x = scale(xRange, [margin.left, width - margin.right]);
    this.y = scale([yRange[0], top], [height - margin.bottom, margin.top]);
  }

  line(label: string, colour: string, points: readonly Point[]): void {
    const path = points.map((point) => this.place(point)).join(" ");
    this.marks.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    this.marks.push(...points.map((point) => this.dot(point, 2.5, colour, 1)));
    this.legend.push({ label, colour });
  }

  dots(label: string, colour: string, points: readonly Point[]): void {
    this.marks.push(...points.map((point) => this.dot(point, 2.2, colour, 0.45)));
    this.legend.push({ label, colour });
  }

  diagonal(to: number): void {
    const points = `${this.place([0, 0])} ${this.place([to, to])}`;
    this.marks.push(`<polyline points="${points}" stroke="#718096" stroke-dasharray="4 4"/>`);
  }

  note(point: Point, text: string): void {
    const side = this.x(point[0]) > width / 2 ? "end" : "start";
    const [x, y] = [this.x(point[0]), this.y(point[1])];
    this.marks.push(
      `<circle cx="${fixed(x)}" cy="${fixed(y)}" r="6" fill="none" stroke="#1a202c" stroke-width="1.5"/>`,
    );
    this.marks.push(`<text x="${fixed(x)}" y="${fixed(y + 24)}" text-anchor="${side}">${escapeXml(text)}</text>`);
  }

  svg(): string {
    const bottom = height - margin.bottom;
    const vertical = this.ticks[0].map(
      (tick) =>
        `<path d="M${fixed(this.x(tick))} ${margin.top}V${bottom}" stroke="#edf2f7"/>` +
        `<text x="${fixed(this.x(tick))}" y="${bottom + 18}" text-anchor="middle">${tick}</text>`,
    );
    const horizontal = this.ticks[1].map(
      (tick) =>
        `<path d="M${margin.left} ${fixed(this.y(tick))}H${width - margin.right}" stroke="#edf2f7"/>` +
        `<text x="${margin.left - 8}" y="${fixed(this.y(tick) + 4)}" text-anchor="end">${tick}</text>`,
    );
    const keys = this.legend.map(
      ({ label, colour }, i) =>
        `<circle cx="${this.legendX + 14}" cy="${margin.top + 12 + i * 18}" r="4" fill="${colour}"/>` +
        `<text x="${this.legendX + 24}" y="${margin.top + 16 + i * 18}">${escapeXml(label)}</text>`,
    );
    const middle = (margin.top + bottom) / 2;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#2d3748">`,
      `<rect width="${width}" height="${height}" fill="#fff"/>`,
      `<text x="${margin.left}" y="30" font-size="16" font-weight="600">${escapeXml(this.title)}</text>`,
      ...vertical,
      ...horizontal,
      `<text x="${(margin.left + width - margin.right) / 2}" y="${height - 14}" text-anchor="middle">${this.labels[0]}</text>`,
      `<text transform="translate(18 ${middle}) rotate(-90)" text-anchor="middle">${this.labels[1]}</text>`,
      ...this.marks,
      ...keys,
      "</svg>\n",
    ].join("\n");
  }

  private place([x, y]: Point): string {
    return `${fixed(this.x(x))},${fixed(this.y(y))}`;
  }

  private dot([x, y]: Point, radius: number, colour: string, opacity: number): string {
    return `<circle cx="${fixed(this.x(x))}" cy="${fixed(this.y(y))}" r="${radius}" fill="${colour}" fill-opacity="${opacity}"/>`;
  }
}

function scale([low, high]: Point, [from, to]: Point): (value: number) => number {
  return (value) => from + ((value - low) / (high - low || 1)) * (to - from);
}

/** About six round numbers from the first at or above `low` up to `high`. */
function niceTicks(low: number, high: number): number[] {
  const rough = (high - low || 1) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-6; tick += step) {
    ticks.push(Number(tick.toPrecision(10)));
  }
  return ticks;
}

const fixed = (value: number) => value.toFixed(1);

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
