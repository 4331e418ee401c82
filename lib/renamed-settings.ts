/** Settings that had another name before, with the name that they have now. */
const renamedSettings: Record<string, string> = {
  "kaggle.datasetPatienceHours": "kaggle.datasetTimeoutHours",
  "kaggle.queuePatienceHours": "kaggle.queueTimeoutHours",
  "kaggle.runPatienceHours": "kaggle.runTimeoutHours",
  "registry.sleepAfterMinutes": "registry.scaleToZeroAfterMinutes",
};

/** A sentence for each setting of a stage's configuration that is given under the name that it had before. */
export function findRenamedSettings(config: unknown): string[] {
  return Object.entries(renamedSettings)
    .filter(([old]) => old.split(".").reduce(memberOf, config) !== undefined)
    .map(([old, name]) => `✖ '${old}' is called '${name}' now: rename it`);
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
