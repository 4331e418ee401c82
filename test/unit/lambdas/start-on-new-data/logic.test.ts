import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderStore } from "../../../../core/folder-store.ts";
import { acquireLock } from "../../../../core/retraining-lock.ts";
import { startOnNewData } from "../../../../lambdas/start-on-new-data/logic.ts";

let raw: FolderStore;
let data: FolderStore;
let started: string[];

beforeEach(async () => {
  raw = new FolderStore(await mkdtemp(join(tmpdir(), "raw-")));
  data = new FolderStore(await mkdtemp(join(tmpdir(), "data-")));
  started = [];
});
afterEach(() => Promise.all([raw, data].map(({ folder }) => rm(folder, { recursive: true }))));

const noon = Date.parse("2026-03-01T12:00:00Z");
async function put(key: string, minute: number) {
  await raw.write(key, "x");
  const at = new Date(noon + minute * 60_000);
  await utimes(join(raw.folder, key), at, at);
}
const ask = (minute: number, isRunning = async () => true) =>
  startOnNewData(10, {
    raw,
    data,
    isRunning,
    start: async (name) => void started.push(name),
    now: () => noon + minute * 60_000,
  });

describe("startOnNewData", () => {
  it("starts once nothing has come for a while", async () => {
    await put("set.zip", 0);
    expect(await ask(10)).toBe("started");
    expect(started).toEqual([expect.stringMatching(/^new-data-20260301T120000-[0-9a-f]{12}$/)]);
  });

  it("leaves it to the message of the last object while more comes", async () => {
    await put("set/images/1.jpg", 0);
    await put("set/data.csv", 4);
    expect(await ask(10)).toBe("superseded");
    expect(await ask(14)).toBe("started");
    expect(started).toHaveLength(1);
  });

  it("takes no probe of the doctor for data", async () => {
    await put("set.zip", 0);
    await put("doctor/probe", 9);
    expect(await ask(10)).toBe("started");
  });

  it("waits for a retraining that runs, and starts after it", async () => {
    await put("set.zip", 0);
    await acquireLock(data, "arn:other", async () => true);
    expect(await ask(10)).toBe("later");
    expect(started).toEqual([]);
    expect(await ask(25, async () => false)).toBe("started");
  });

  it("gives the same name for the same data, and another for new data", async () => {
    await put("set.zip", 0);
    await ask(10);
    await ask(12);
    await put("set.zip", 60);
    await ask(70);
    expect(started[1]).toBe(started[0]);
    expect(started[2]).not.toBe(started[0]);
  });

  it("has nothing to do where there is no data any more", async () => {
    expect(await ask(10)).toBe("nothing");
  });
});
