import { z } from "zod";
import { parseJson } from "./json.ts";
import type { MlflowClient } from "./mlflow/client.ts";

const changeKinds = ["retraining", "promotion", "rollback"] as const;

/** One change of the champion. */
export const championChange = z.object({
  modelName: z.string(),
  kind: z.enum(changeKinds),
  /** The version that was champion before; absent where there was none. */
  from: z.string().optional(),
  to: z.string(),
  /** Who: a person, or the execution of a retraining. */
  by: z.string(),
  /** Why, in a sentence. */
  reason: z.string(),
  at: z.iso.datetime(),
});
export type ChampionChange = z.infer<typeof championChange>;

/** Tells others of a change: in AWS an event. That it cannot is a warning and nothing more: the ledger is in MLflow. */
export type Announce = (change: ChampionChange) => Promise<void>;

/** Tags of a version that has been champion, for people who look at it in MLflow. */
export const championTags = {
  since: "champion.since",
  by: "champion.by",
  kind: "champion.kind",
  reason: "champion.reason",
  until: "champion.until",
  replacedBy: "champion.replaced_by",
} as const;

/** Each change is a tag of the registered model; its key sorts by time. */
const prefix = "champion.change.";
const keyOf = ({ at }: ChampionChange) => prefix + at.replace(/[^\dTZ]/g, "");

/**
 * The ledger: all changes of a model's champion, the oldest first. An entry that was altered by hand and cannot be read is
 * left out.
 */
export async function readLedger(mlflow: MlflowClient, modelName: string): Promise<ChampionChange[]> {
  const tags = (await mlflow.registry.getModel(modelName))?.tags ?? {};
  return Object.entries(tags)
    .filter(([key]) => key.startsWith(prefix))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, value]) => championChange.safeParse(parseJson(value)).data ?? []);
}

/** Does the ledger end with this version? If not, an attempt failed after it had moved the alias. */
export async function isRecorded(mlflow: MlflowClient, modelName: string, version: string): Promise<boolean> {
  return (await readLedger(mlflow, modelName)).at(-1)?.to === version;
}

/** Writes a change that has happened to the tags of both versions and to the ledger, and announces it. */
export async function recordChange(mlflow: MlflowClient, change: ChampionChange, announce: Announce): Promise<void> {
  const { modelName, from, to } = change;
  const { registry } = mlflow;
  const tag = (version: string, key: string, value: string) => registry.setVersionTag(modelName, version, key, value);
  await tag(to, championTags.since, change.at);
  await tag(to, championTags.by, change.by);
  await tag(to, championTags.kind, change.kind);
  await tag(to, championTags.reason, change.reason);
  if (from !== undefined && from !== to && (await registry.getVersion(modelName, from))) {
    await tag(from, championTags.until, change.at);
    await tag(from, championTags.replacedBy, to);
  }
  await announce(change);
  // Last: an entry in the ledger says that all the rest was done.
  await registry.setModelTag(modelName, keyOf(change), JSON.stringify(change));
}

/**
 * The version to go back to: the champion before the one of now. Going back twice goes back two steps, not to and fro.
 * @returns undefined when there was none before it
 */
export function previousChampion(ledger: readonly ChampionChange[], current: string): string | undefined {
  const line: string[] = [];
  const step = (version: string) => {
    if (line.at(-1) !== version) line.push(version);
  };
  for (const { kind, from, to } of ledger) {
    if (from !== undefined) step(from);
    if (kind === "rollback" && line.at(-2) === to) line.pop();
    else step(to);
  }
  // The alias may have been moved by hand, in MLflow's page.
  step(current);
  return line.at(-2);
}
