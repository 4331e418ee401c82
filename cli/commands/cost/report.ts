import type { Load } from "./charge.ts";
import { type Estimate, estimateCost, type Line, sumLine } from "./estimate.ts";
import { readCloudConfig } from "./synthesise.ts";

export interface CostOptions extends Load {
  stage: string;
  /** Settings that replace those of the stage's file; null removes one. */
  set: Record<string, unknown>;
  /** Print JSON. */
  json?: true | undefined;
}

/** What the command prints: a table, or JSON. @throws InvalidInputError when a setting is wrong */
export function reportCost({ stage, set, json, predictions, retrainings, strategy }: CostOptions): string {
  const estimate = estimateCost(readCloudConfig(stage, set), { predictions, retrainings, strategy });
  return json ? JSON.stringify(estimate, undefined, 2) : formatEstimate(estimate);
}

/** An estimate as a table. */
function formatEstimate({ stage, load: { predictions, retrainings, strategy }, ...found }: Estimate): string {
  const shown = found.lines.filter((line) => sumLine(line) >= 0.005);
  const rest = found.lines.filter((line) => sumLine(line) < 0.005);
  const small = addUp(`${rest.length} items below a cent`, rest);
  const total = addUp("together", found.lines);
  const others = found.alternatives.map(({ name, total: dollars }) => `${dollars.toFixed(2).padStart(10)}  ${name}`);
  return [
    `Stage ${stage}, US dollars a month: ${count(predictions, "prediction")}, ${count(retrainings, "retraining")} (${strategy})`,
    "",
    row("", "idle", "predictions", "retrainings", "together"),
    ...[...shown, small, total].map((line) =>
      row(
        line.item,
        ...[line.idle, line.predictions, line.retrainings, sumLine(line)].map((value) => value.toFixed(2)),
      ),
    ),
    "",
    `${found.afterAllowances.toFixed(2)} where the account has nothing else: what AWS gives every account is then taken off.`,
    "",
    "The same load elsewhere:",
    ...others,
  ].join("\n");
}

function addUp(item: string, lines: Line[]): Line {
  const of = (part: "idle" | "predictions" | "retrainings") => lines.reduce((all, line) => all + line[part], 0);
  return { item, idle: of("idle"), predictions: of("predictions"), retrainings: of("retrainings"), charges: [] };
}

function row(item: string, ...cells: string[]): string {
  return `${item.padEnd(38)}${cells.map((cell) => cell.padStart(12)).join("")}`;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
