import { z } from "zod";
import { TransientError } from "./errors.ts";
import { parseJson } from "./json.ts";
import type { ObjectStore } from "./storage.ts";

/** Key of the lock in the data bucket. */
export const lockKey = "locks/retraining.json";

const retrainingLock = z.object({
  /** The execution that took it last. */
  executionArn: z.string(),
  takenAt: z.iso.datetime(),
  /** Set once that execution has given it back. */
  releasedAt: z.iso.datetime().optional(),
});
export type RetrainingLock = z.infer<typeof retrainingLock>;

/** Is an execution still going on? */
export type IsRunning = (executionArn: string) => Promise<boolean>;

/**
 * Takes the lock that lets one retraining run at a time. A lock whose execution has ended is ignored,
 * whether that execution gave it back or was aborted.
 * @returns the lock that stands in the way, or undefined when the execution has it now
 * @throws TransientError when several execution struggle for it at the same moment
 */
export async function acquireLock(
  store: ObjectStore,
  executionArn: string,
  isRunning: IsRunning,
): Promise<RetrainingLock | undefined> {
  const mine: RetrainingLock = { executionArn, takenAt: new Date().toISOString() };
  for (let attempt = 0; attempt < 3; attempt++) {
    const etag = (await store.head(lockKey))?.etag;
    const lock = etag === undefined ? undefined : await readLock(store);
    if (lock?.executionArn === executionArn && !lock.releasedAt) return undefined;
    if (lock && (await isHeld(lock, isRunning))) return lock;
    if (await store.writeIfUnchanged(lockKey, JSON.stringify(mine), etag)) return undefined;
    // Another execution was faster: find out which.
  }
  throw new TransientError("The retraining lock changes hands faster than it can be taken");
}

/** Gives the lock back, if the execution has it. */
export async function releaseLock(store: ObjectStore, executionArn: string): Promise<boolean> {
  const etag = (await store.head(lockKey))?.etag;
  const lock = etag === undefined ? undefined : await readLock(store);
  if (!lock || lock.executionArn !== executionArn || lock.releasedAt) return false;
  const released: RetrainingLock = { ...lock, releasedAt: new Date().toISOString() };
  return store.writeIfUnchanged(lockKey, JSON.stringify(released), etag);
}

/** The lock, when an execution holds it that is still going on. */
export async function findHolder(store: ObjectStore, isRunning: IsRunning): Promise<RetrainingLock | undefined> {
  const lock = (await store.head(lockKey)) ? await readLock(store) : undefined;
  return lock && (await isHeld(lock, isRunning)) ? lock : undefined;
}

async function isHeld({ executionArn, releasedAt }: RetrainingLock, isRunning: IsRunning): Promise<boolean> {
  return !releasedAt && isRunning(executionArn);
}

/** A lock that cannot be read, altered by hand perhaps, has no holder. */
async function readLock(store: ObjectStore): Promise<RetrainingLock | undefined> {
  const text = Buffer.from(await store.read(lockKey)).toString("utf8");
  return retrainingLock.safeParse(parseJson(text)).data;
}
