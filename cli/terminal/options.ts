import { InvalidArgumentError, Option } from "@commander-js/extra-typings";

/** `--stage` of a command that also works on the local stack, which is its default. */
export const stageOrLocal = () =>
  new Option("--stage <stage>", "which stage").default("local", "local, the 'npm start' that runs");

/** `--stage` of a command that needs one named. */
export const stage = (description = "a stage in the account and region that the shell is signed in to") =>
  new Option("--stage <stage>", description).makeOptionMandatory();

/** Several `--set key=value` as one object. */
export const settings = (description: string) =>
  new Option("--set <key=value>", `${description} Repeatable.`)
    .argParser(addSetting)
    .default({} as Record<string, unknown>, "none");

/** Reads a whole number. @returns a parser that rejects others, for an option */
export function wholeNumber(from: number, to: number = Number.MAX_SAFE_INTEGER) {
  const range = to === Number.MAX_SAFE_INTEGER ? `from ${from}` : `from ${from} to ${to}`;
  return (text: string): number =>
    readNumber(text, `Write a whole number ${range}.`, (n) => Number.isInteger(n) && n >= from && n <= to);
}

/** Reads a number that is not negative. */
export const nonNegative = (text: string): number =>
  readNumber(text, "Write a number, 0 or more.", (n) => n >= 0 && n < Infinity);

/** Reads a number above 0. */
export const positive = (text: string): number =>
  readNumber(text, "Write a number above 0.", (n) => n > 0 && n < Infinity);

/** Collects the values of an option that is given several times. */
export const collect = (text: string, before: string[]): string[] => [...before, text];

/**
 * Adds a setting to an object: `hyperparameters.epochs=5` gives `{ hyperparameters: { epochs: 5 } }`. A value that is valid JSON
 * is taken as such, anything else as text.
 * @throws InvalidArgumentError when it is not `key=value`
 */
export function addSetting(setting: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  const [, path, text] = /^([A-Za-z][\w.]*)=(.*)$/s.exec(setting) ?? [];
  if (path === undefined || text === undefined) {
    throw new InvalidArgumentError("Write key=value, for example hyperparameters.epochs=5.");
  }
  const input = structuredClone(before);
  const keys = path.split(".");
  const last = keys.pop() as string;
  let target = input;
  for (const key of keys) {
    target[key] ??= {};
    target = target[key] as Record<string, unknown>;
  }
  target[last] = parseValue(text);
  return input;
}

function readNumber(text: string, advice: string, isValid: (number: number) => boolean): number {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  if (isValid(number)) return number;
  throw new InvalidArgumentError(advice);
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
