import { z } from "zod";
import { readArguments, usageError } from "../../terminal/command.ts";
import { parseSettings } from "../../terminal/options.ts";
import { strategies } from "./assumptions.ts";
import type { Load } from "./charge.ts";
import { type Estimate, estimateCost, type Line, sumLine } from "./estimate.ts";
import { readCloudConfig } from "./synthesise.ts";

export const usage = `npm run cost -- [options]

  --stage <stage>      default: prod
  --predictions <n>    predictions in a month (default: 0)
  --retrainings <n>    retrainings in a month, with the published data (default: 0)
  --strategy <name>    where they train: ecs (default), kaggle, or sagemaker
  --set key=value      a setting of the stage's file, replaced for this question: --set trainer.cpu=2048; null removes it
  --json               every line with its quantities

What a stage costs in a month: its templates times AWS's list prices of us-east-1. It needs no account.`;

const load = z.object({
  predictions: z.coerce.number().nonnegative().default(0),
  retrainings: z.coerce.number().nonnegative().default(0),
  strategy: z.enum(strategies).default("ecs"),
});

/** What the command prints for its arguments. @throws InvalidInputError saying what is wrong with them */
export function reportCost(args: string[]): string {
  const string = { type: "string" } as const;
  const options = { stage: string, predictions: string, retrainings: string, strategy: string };
  const { values } = readArguments(
    { args, options: { ...options, set: { type: "string", multiple: true, default: [] }, json: { type: "boolean" } } },
    usage,
  );
  const estimate = estimateCost(readCloudConfig(values.stage ?? "prod", parseSettings(values.set)), readLoad(values));
  return values.json ? JSON.stringify(estimate, undefined, 2) : formatEstimate(estimate);
}

function readLoad(values: object): Load {
  const parsed = load.safeParse(values);
  if (parsed.success) return parsed.data;
  throw usageError(z.prettifyError(parsed.error), usage);
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
