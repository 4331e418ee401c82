import { parseArgs } from "node:util";
import { InvalidInputError } from "../../core/errors.ts";
import type { KaggleChoice } from "./kaggle.ts";

export const startUsage = `npm start -- [options]

  --once               run one execution and exit; the exit code is not 0 when it failed
  --data <path>        a zip, or a folder with data.csv, dataset.json and images/ (default: the generated sample)
  --set key=value      any field of the execution input, repeated: --set hyperparameters.epochs=5 --set newData=false
  --strategy <name>    where to train: ecs (default: a trainer on this machine) or kaggle (a notebook)
  --kaggle <service>   with --strategy kaggle: local (default: notebooks run on this machine) or real (kaggle.com)
  --weights <name>     with --strategy kaggle: imagenet (default with --kaggle real) or none (default with local)
  --tunnel             with --kaggle real: the kernel reports to the local MLflow while it trains (NGROK_AUTHTOKEN)
  --report <file>      write what is printed at the end as JSON
  --reset              begin afresh: forget data, models and runs of earlier starts
  --help               this text`;

export interface StartOptions {
  once: boolean;
  reset: boolean;
  data?: string;
  report?: string;
  input: Record<string, unknown>;
  /** Only with strategy `kaggle`. */
  kaggle?: KaggleChoice;
}

/** Reads the command line of `npm start`. @throws InvalidInputError saying what is wrong with it */
export function parseStartOptions(args: string[]): StartOptions | "help" {
  const { values } = parse(args);
  if (values.help) return "help";
  const input = parseSettings(values.set);
  if (values.strategy !== undefined) input.strategy = values.strategy;
  const kaggle = chooseKaggle(values, input.strategy);
  return {
    once: values.once,
    reset: values.reset,
    ...(values.data !== undefined && { data: values.data }),
    ...(values.report !== undefined && { report: values.report }),
    input,
    ...(kaggle && { kaggle }),
  };
}

function chooseKaggle(values: ReturnType<typeof parse>["values"], strategy: unknown): KaggleChoice | undefined {
  const { kaggle: service = "local", tunnel, weights = service === "local" ? "none" : "imagenet" } = values;
  const refuse = (sentence: string) => new InvalidInputError(`${sentence}\n\n${startUsage}`);
  if (strategy !== "kaggle") {
    const given = [values.kaggle && "--kaggle", values.weights && "--weights", tunnel && "--tunnel"].filter(Boolean);
    if (given.length > 0) throw refuse(`${given.join(" and ")}: only with --strategy kaggle.`);
    return undefined;
  }
  if (service !== "local" && service !== "real") throw refuse(`--kaggle '${service}': write local or real.`);
  if (weights !== "imagenet" && weights !== "none") throw refuse(`--weights '${weights}': write imagenet or none.`);
  if (tunnel && service === "local") throw refuse("--tunnel: only with --kaggle real; local kernels need none.");
  return { service, tunnel, weights };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        once: { type: "boolean", default: false },
        reset: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
        data: { type: "string" },
        report: { type: "string" },
        strategy: { type: "string" },
        kaggle: { type: "string" },
        weights: { type: "string" },
        tunnel: { type: "boolean", default: false },
        set: { type: "string", multiple: true, default: [] },
      },
    });
  } catch (cause) {
    throw new InvalidInputError(`${(cause as Error).message}\n\n${startUsage}`, { cause });
  }
}

/**
 * `["hyperparameters.epochs=5", "newData=false"]` as `{ hyperparameters: { epochs: 5 }, newData: false }`. A value that is
 * valid JSON is taken as such, anything else as text.
 * @throws InvalidInputError naming the setting that is no `key=value`
 */
export function parseSettings(settings: string[]): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const setting of settings) {
    const [, path, text] = /^([A-Za-z][\w.]*)=(.*)$/s.exec(setting) ?? [];
    if (path === undefined || text === undefined) {
      throw new InvalidInputError(`--set '${setting}': write key=value, for example hyperparameters.epochs=5.`);
    }
    const keys = path.split(".");
    const last = keys.pop() as string;
    let target = input;
    for (const key of keys) {
      target[key] ??= {};
      target = target[key] as Record<string, unknown>;
    }
    target[last] = parseValue(text);
  }
  return input;
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
