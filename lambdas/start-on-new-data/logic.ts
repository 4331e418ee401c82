import { createHash } from "node:crypto";
import { probePrefix } from "../../core/contracts/probe.ts";
import { findHolder, type IsRunning } from "../../core/retraining-lock.ts";
import type { ObjectInfo, ObjectStore } from "../../core/storage.ts";

export interface NewDataClients {
  raw: ObjectStore;
  /** The data bucket, where the lock is. */
  data: ObjectStore;
  isRunning: IsRunning;
  /** Starts an execution of this name. Done twice it starts one. */
  start(name: string): Promise<void>;
  now?: () => number;
}

/** `later`: ask again. `superseded`: newer data has come, whose own message will ask. */
export type NewDataOutcome = "started" | "later" | "superseded" | "nothing";

/**
 * Starts a retraining once the raw bucket has been quiet for a while. While another one runs, the data waits for its
 * end: started now, the execution would find the lock taken and forget it.
 */
export async function startOnNewData(quietMinutes: number, clients: NewDataClients): Promise<NewDataOutcome> {
  const { raw, data, isRunning, start, now = Date.now } = clients;
  const newest = await findNewest(raw);
  if (!newest) return "nothing";
  // The seconds: a message is delayed from when it was sent, a moment after the object came.
  if (now() - newest.modified.getTime() < quietMinutes * 60_000 - 5_000) return "superseded";
  if (await findHolder(data, isRunning)) return "later";
  await start(nameOf(newest));
  return "started";
}

async function findNewest(store: ObjectStore): Promise<ObjectInfo | undefined> {
  let newest: ObjectInfo | undefined;
  for await (const info of store.list("")) {
    if (info.key.startsWith(probePrefix)) continue;
    if (!newest || info.modified > newest.modified) newest = info;
  }
  return newest;
}

/** The same for the same data, so that two messages which find the bucket quiet start one execution. */
function nameOf({ key, etag, modified }: ObjectInfo): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([key, etag]))
    .digest("hex")
    .slice(0, 12);
  return `new-data-${modified
    .toISOString()
    .replace(/[^\dT]/g, "")
    .slice(0, 15)}-${hash}`;
}
