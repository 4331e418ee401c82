import { escapeXml } from "../../../core/plots/chart.ts";
import { type Metric, metrics, type Summary } from "./figures.ts";

/** The figures as a Markdown table, in brackets how many times better the first target does. */
export function figuresTable(summaries: readonly Summary[]): string {
  const shown = (Object.keys(metrics) as Metric[]).filter((metric) => summaries[0]?.figures[metric] !== undefined);
  const rows = summaries.map(({ name, figures, ratios }, i) => [
    name,
    ...shown.map((metric) => {
      const value = format(metric, figures[metric] ?? 0);
      return i === 0 ? value : `${value} (${(ratios[metric] ?? 0).toFixed(2)})`;
    }),
  ]);
  const header = ["", ...shown.map((metric) => metrics[metric].label)];
  const line = ["-", ...shown.map(() => "-:")];
  return [header, line, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const format = (metric: Metric, value: number) => value.toFixed(metrics[metric].digits);

/** What the picture shows, with what is better said for those who look at it for a second. */
const panels: { metric: Metric; title: string }[] = [
  { metric: "p50Milliseconds", title: "One photograph, median (ms, shorter is better)" },
  { metric: "perSecondAt16", title: "16 at once (photographs a second, longer is better)" },
  { metric: "cpuMillisecondsEach", title: "Processor time of an answer (ms, shorter is better)" },
  { metric: "firstAnswerSeconds", title: "From start to first answer (s, shorter is better)" },
  { metric: "megabytes", title: "Memory (MB, shorter is better)" },
];
const colours = ["#2f855a", "#68d391", "#c05621", "#2b6cb0", "#a0aec0"];
const [width, labelWidth, valueWidth, barHeight] = [720, 190, 60, 18];

/** Bars of each panel's metric, one for each target, as SVG. */
export function servingPlot(title: string, summaries: readonly Summary[]): string {
  const drawn = panels.filter(({ metric }) => summaries[0]?.figures[metric] !== undefined);
  const panelHeight = 34 + summaries.length * barHeight;
  const height = 48 + drawn.length * panelHeight;
  const parts = drawn.flatMap(({ metric, title: heading }, panel) => {
    const top = 48 + panel * panelHeight;
    const most = Math.max(...summaries.map(({ figures }) => figures[metric] ?? 0));
    const bars = summaries.map(({ name, figures }, i) => {
      const value = figures[metric] ?? 0;
      const y = top + 24 + i * barHeight;
      const length = Math.max(1, (value / most) * (width - labelWidth - valueWidth - 16));
      return (
        `<text x="${labelWidth - 8}" y="${y + 4}" text-anchor="end">${escapeXml(name)}</text>` +
        `<rect x="${labelWidth}" y="${y - 7}" width="${length.toFixed(1)}" height="14" rx="2" fill="${colours[i % colours.length]}"/>` +
        `<text x="${(labelWidth + length + 6).toFixed(1)}" y="${y + 4}">${format(metric, value)}</text>`
      );
    });
    return [`<text x="16" y="${top + 6}" font-weight="600">${escapeXml(heading)}</text>`, ...bars];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#2d3748" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="16" y="28" font-size="16" font-weight="600">${escapeXml(title)}</text>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}
