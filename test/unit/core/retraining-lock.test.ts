import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderStore } from "../../../core/folder-store.ts";
import { acquireLock, findHolder, lockKey, releaseLock } from "../../../core/retraining-lock.ts";

let store: FolderStore;
const running = async () => true;
const over = async () => false;

beforeEach(async () => {
  store = new FolderStore(await mkdtemp(join(tmpdir(), "lock-")));
});
afterEach(() => rm(store.folder, { recursive: true }));

describe("acquireLock", () => {
  it("is taken by the first, and names it to the second", async () => {
    expect(await acquireLock(store, "arn:first", running)).toBeUndefined();
    expect(await acquireLock(store, "arn:second", running)).toMatchObject({ executionArn: "arn:first" });
    expect(await findHolder(store, running)).toMatchObject({ executionArn: "arn:first" });
  });

  it("is had by the one who asks again", async () => {
    await acquireLock(store, "arn:first", running);
    expect(await acquireLock(store, "arn:first", running)).toBeUndefined();
  });

  it("binds nobody once its execution is over, though it was not given back", async () => {
    await acquireLock(store, "arn:aborted", running);
    expect(await findHolder(store, over)).toBeUndefined();
    expect(await acquireLock(store, "arn:second", over)).toBeUndefined();
    expect(await findHolder(store, running)).toMatchObject({ executionArn: "arn:second" });
  });

  it("is free again once it was given back, even if the execution takes a moment to end", async () => {
    await acquireLock(store, "arn:first", running);
    expect(await releaseLock(store, "arn:first")).toBe(true);
    expect(await acquireLock(store, "arn:second", running)).toBeUndefined();
  });

  it("goes to one of two that find it free at the same moment", async () => {
    await store.write(lockKey, JSON.stringify({ executionArn: "arn:old", takenAt: new Date().toISOString() }));
    const isRunning = async (arn: string) => arn !== "arn:old";
    const others = await Promise.allSettled(["arn:a", "arn:b"].map((arn) => acquireLock(store, arn, isRunning)));
    const taken = others.filter((each) => each.status === "fulfilled" && each.value === undefined);
    expect(taken).toHaveLength(1);
  });

  it("is nobody's when it cannot be read", async () => {
    await store.write(lockKey, "scribble");
    expect(await acquireLock(store, "arn:first", running)).toBeUndefined();
  });
});

describe("releaseLock", () => {
  it("leaves another execution's lock alone", async () => {
    await acquireLock(store, "arn:first", running);
    expect(await releaseLock(store, "arn:second")).toBe(false);
    expect(await findHolder(store, running)).toMatchObject({ executionArn: "arn:first" });
  });

  it("has nothing to do where there is no lock", async () => {
    expect(await releaseLock(store, "arn:first")).toBe(false);
  });
});
