import { parseArgs } from "node:util";
import { InvalidInputError } from "../../core/errors.ts";
import type { KaggleChoice } from "../../local/kaggle/start.ts";
import type { SageMakerChoice } from "../../local/sagemaker/start.ts";

export const startUsage = `npm start -- [options]

  --once               run one execution and exit; the exit code is not 0 when it failed
  --data <path>        a zip, or a folder with data.csv, dataset.json and images/ (default: the generated sample)
  --set key=value      any field of the execution input, repeated: --set hyperparameters.epochs=5 --set newData=false
  --strategy <name>    where to train: ecs (default: a trainer on this machine), kaggle or sagemaker (a notebook)
  --kaggle <service>   with --strategy kaggle: local (default: notebooks run on this machine) or real (kaggle.com)
  --weights <name>     with a notebook: imagenet (default with --kaggle real) or none (default otherwise)
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
  /** Only with strategy `sagemaker`. */
  sagemaker?: SageMakerChoice;
}

/** Reads the command line of `npm start`. @throws InvalidInputError saying what is wrong with it */
export function parseStartOptions(args: string[]): StartOptions | "help" {
  const { values } = parse(args);
  if (values.help) return "help";
  const input = parseSettings(values.set);
  if (values.strategy !== undefined) input.strategy = values.strategy;
  const weights = readWeights(values, input.strategy);
  const kaggle = chooseKaggle(values, input.strategy, weights);
  return {
    once: values.once,
    reset: values.reset,
    ...(values.data !== undefined && { data: values.data }),
    ...(values.report !== undefined && { report: values.report }),
    input,
    ...(kaggle && { kaggle }),
    ...(input.strategy === "sagemaker" && { sagemaker: { weights: weights ?? "none" } }),
  };
}

type Values = ReturnType<typeof parse>["values"];

const reject = (sentence: string) => new InvalidInputError(`${sentence}\n\n${startUsage}`);

function readWeights({ weights }: Values, strategy: unknown): "imagenet" | "none" | undefined {
  if (weights === undefined || weights === "imagenet" || weights === "none") {
    if (weights === undefined || strategy === "kaggle" || strategy === "sagemaker") return weights;
    throw reject("--weights: only with --strategy kaggle or sagemaker.");
  }
  throw reject(`--weights '${weights}': write imagenet or none.`);
}

function chooseKaggle(
  { kaggle: service, tunnel }: Values,
  strategy: unknown,
  weights: "imagenet" | "none" | undefined,
): KaggleChoice | undefined {
  if (strategy !== "kaggle") {
    const given = [service && "--kaggle", tunnel && "--tunnel"].filter(Boolean);
    if (given.length > 0) throw reject(`${given.join(" and ")}: only with --strategy kaggle.`);
    return undefined;
  }
  if (service !== undefined && service !== "local" && service !== "real") {
    throw reject(`--kaggle '${service}': write local or real.`);
  }
  if (service === "real") return { service, tunnel, weights: weights ?? "imagenet" };
  if (tunnel) throw reject("--tunnel: only with --kaggle real; local kernels need none.");
  return { service: "local", tunnel, weights: weights ?? "none" };
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
