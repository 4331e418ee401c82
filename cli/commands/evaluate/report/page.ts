import type { GroupedMetrics, RegressionMetrics } from "../../../../core/contracts/model.ts";
import { escapeXml } from "../../../../core/plots/chart.ts";
import { style } from "./style.ts";

/** A photograph on the contact sheet. */
export interface Card {
  /** The photograph as a data URI. */
  image: string;
  name: string;
  group: string;
  stage: number;
  sample: string;
  days: number;
  predicted: number;
}

/** What the page says of an evaluation. */
export interface ReportContent {
  title: string;
  /** Facts about model and data, by name. */
  facts: Record<string, string>;
  metrics: GroupedMetrics;
  /** What was left out, by reason. */
  leftOut: Record<string, number>;
  /** A sentence that a reader must not miss. */
  warning?: string | undefined;
  /** SVGs, in the order of the page. */
  plots: readonly string[];
  worst: readonly Card[];
}

/** A page about an evaluation that needs nothing but itself: no script, no font, no other file. */
export function reportPage({ title, facts, metrics, leftOut, warning, plots, worst }: ReportContent): string {
  const dropped = Object.entries(leftOut).map(([reason, count]) => `${count} × ${reason}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<p class="kicker">Evaluation</p>
<h1>${escapeXml(title)}</h1>
<dl class="facts">${Object.entries(facts).map(fact).join("")}</dl>
${warning ? `<p class="warning">${escapeXml(warning)}</p>` : ""}
</header>
<section class="tiles">
${tile(days(metrics.mae), "days off on average", "mean absolute error over all photographs")}
${tile(days(metrics.macroMae), "mean of the groups", "each storage group counts the same")}
${tile(days(metrics.rmse), "RMSE, days", "weighs large errors more")}
${tile(metrics.r2?.toFixed(2) ?? "–", "R²", "share of the differences that is explained")}
</section>
<section>
${metricsTable(metrics)}
${dropped.length > 0 ? `<p class="note">Left out: ${escapeXml(dropped.join(", "))}.</p>` : ""}
</section>
<section>
<h2>Where the errors are</h2>
<p class="note">A box holds the middle half of the errors, its line the middle 80 %, the bar is the median. Above the dashed line
the model promises more days than the fruit has.</p>
<div class="plots">${plots.map((svg) => `<figure>${svg}</figure>`).join("\n")}</div>
</section>
<section>
<h2>The worst photographs</h2>
<p class="note">The largest errors, one photograph of each fruit at most.</p>
<div class="sheet">${worst.map(card).join("\n")}</div>
</section>
</main>
</body>
</html>
`;
}

const days = (value: number) => value.toFixed(2);
const fact = ([name, value]: [string, string]) => `<div><dt>${escapeXml(name)}</dt><dd>${escapeXml(value)}</dd></div>`;
const tile = (value: string, label: string, hint: string) =>
  `<div class="tile"><b>${value}</b><span>${label}</span><small>${hint}</small></div>`;

function metricsTable(metrics: GroupedMetrics): string {
  const row = ([name, { n, mae, rmse, r2 }]: [string, RegressionMetrics]) =>
    `<tr><th scope="row">${escapeXml(name)}</th>${[n.toLocaleString("en"), days(mae), days(rmse), r2?.toFixed(2) ?? "–"]
      .map((cell) => `<td>${cell}</td>`)
      .join("")}</tr>`;
  const head = ["", "photographs", "MAE, days", "RMSE, days", "R²"].map((cell) => `<th scope="col">${cell}</th>`);
  const rows = Object.entries({ "all photographs": metrics, ...metrics.groups });
  return `<table><thead><tr>${head.join("")}</tr></thead><tbody>${rows.map(row).join("")}</tbody></table>`;
}

function card({ image, name, group, stage, sample, days: truth, predicted }: Card): string {
  const error = predicted - truth;
  const way = error > 0 ? "long" : "short";
  return `<figure class="card ${way}">
<img src="${image}" alt="${escapeXml(name)}">
<figcaption>
<b>${Math.abs(error).toFixed(1)} d too ${way}</b>
<span>${truth.toFixed(1)} d true, ${predicted.toFixed(1)} d said</span>
<small>${escapeXml(group)} · stage ${stage} · fruit ${escapeXml(sample)}<br>${escapeXml(name)}</small>
</figcaption>
</figure>`;
}
