import { parseArgs } from "node:util";
import { InvalidInputError } from "../../core/errors.ts";

export const startUsage = `npm start -- [options]

  --once               run one execution and exit; the exit code is not 0 when it failed
  --data <path>        a zip, or a folder with data.csv, dataset.json and images/ (default: the generated sample)
  --set key=value      any field of the execution input, repeated: --set hyperparameters.epochs=5 --set newData=false
  --report <file>      write what is printed at the end as JSON
  --reset              begin afresh: forget data, models and runs of earlier starts
  --help               this text`;

export interface StartOptions {
  once: boolean;
  reset: boolean;
  data?: string;
  report?: string;
  input: Record<string, unknown>;
}

/** Reads the command line of `npm start`. @throws InvalidInputError saying what is wrong with it */
export function parseStartOptions(args: string[]): StartOptions | "help" {
  const { values } = parse(args);
  if (values.help) return "help";
  return {
    once: values.once,
    reset: values.reset,
    ...(values.data !== undefined && { data: values.data }),
    ...(values.report !== undefined && { report: values.report }),
    input: parseSettings(values.set),
  };
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
