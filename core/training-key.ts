import { createHash } from "node:crypto";
import type { ValidatedInput } from "./contracts/execution.ts";

/** Raised by hand when the same input would train another model: then an unfinished run is no longer resumed. */
const trainerVersion = 1;

/** What makes two trainings the same one: a SHA-256 of all that decides what comes out. */
export function trainingKey(datasetVersion: string, input: ValidatedInput): string {
  const { hyperparameters, modelName, experimentName, strategy, backbone } = input;
  const sorted = Object.entries(hyperparameters).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = [trainerVersion, datasetVersion, sorted, modelName, experimentName, strategy, backbone ?? null];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
