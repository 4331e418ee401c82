import { readLedger } from "../../../core/champion-ledger.ts";
import type { Progress } from "../../terminal/progress.ts";
import { type ModelOfStage, openRegistry } from "./registry.ts";
import {
  describe,
  formatChange,
  formatComparison,
  formatList,
  formatVersion,
  getVersion,
  listVersions,
} from "./show.ts";

interface Look extends ModelOfStage {
  /** Print JSON. */
  json?: true | undefined;
}

/** Prints the newest 20 versions of a model, or all. */
export async function list({ all, json, ...of }: Look & { all?: true | undefined }, progress: Progress): Promise<void> {
  const { mlflow } = await openRegistry(of, progress);
  const versions = await listVersions(mlflow, of.model, all ? Infinity : 20);
  progress.line(json ? format(versions.map(describe)) : formatList(versions));
}

/** Prints everything about a version. @throws NotFoundError when there is none of that number */
export async function show(version: string, { json, ...of }: Look, progress: Progress): Promise<void> {
  const { mlflow } = await openRegistry(of, progress);
  const found = await getVersion(mlflow, of.model, version);
  progress.line(json ? format(describe(found)) : await formatVersion(mlflow, found));
}

/** Prints two versions next to each other. @throws NotFoundError when there is none of a number */
export async function compare(
  [first, second]: [string, string],
  { json, ...of }: Look,
  progress: Progress,
): Promise<void> {
  const { mlflow } = await openRegistry(of, progress);
  const [a, b] = [await getVersion(mlflow, of.model, first), await getVersion(mlflow, of.model, second)];
  progress.line(json ? format([describe(a), describe(b)]) : formatComparison(a, b));
}

/** Prints every change of the champion, the oldest first. */
export async function log({ json, ...of }: Look, progress: Progress): Promise<void> {
  const { mlflow } = await openRegistry(of, progress);
  const ledger = await readLedger(mlflow, of.model);
  progress.line(json ? format(ledger) : ledger.map(formatChange).join("\n"));
}

const format = (value: unknown): string => JSON.stringify(value, null, 2);
