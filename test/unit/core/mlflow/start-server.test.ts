import { describe, expect, it } from "vitest";
import { type ServerTask, startTrackingServer } from "../../../../core/mlflow/start-server.ts";
import { startAnswering } from "../../../support/http.ts";

const quick = { fetch, pause: 5, timeout: 10_000 };
const ok = { status: 200, body: "{}" };
const away = { status: 503, body: "" };

/** A task that counts how often it was started. */
function taskOf(desired: number): ServerTask & { started: number } {
  const task = {
    started: 0,
    readDesired: async () => desired,
    setDesired: async (count: number) => {
      desired = count;
      task.started += 1;
    },
  };
  return task;
}

describe("startTrackingServer", () => {
  it("starts a server that is scaled to zero, and waits until it and its database answer", async () => {
    const { address, asked } = await startAnswering(away, { status: 504, body: "" }, ok, away, ok);
    const task = taskOf(0);
    expect(await startTrackingServer({ ...quick, trackingUri: address, task })).toMatchObject({ started: true });
    expect(task.started).toBe(1);
    const health = "/health";
    const search = "/api/2.0/mlflow/experiments/search";
    expect(asked.map(({ path }) => path)).toEqual([health, health, health, search, health, search]);
  });

  it("leaves one alone that runs", async () => {
    const { address } = await startAnswering(ok);
    const task = taskOf(1);
    expect(await startTrackingServer({ ...quick, trackingUri: address, task })).toEqual({ started: false, seconds: 0 });
    expect(task.started).toBe(0);
  });

  it("starts it again when it is stopped meanwhile", async () => {
    const { address } = await startAnswering(away, away, ok);
    let desired = 0;
    let started = 0;
    const task: ServerTask = {
      readDesired: async () => desired,
      setDesired: async (count) => {
        started += 1;
        desired = started === 1 ? 0 : count;
      },
    };
    await startTrackingServer({ ...quick, trackingUri: address, task });
    expect(started).toBe(2);
  });

  it("only looks where the server is somebody else's", async () => {
    const { address } = await startAnswering(ok);
    expect(await startTrackingServer({ ...quick, trackingUri: address })).toEqual({ started: false, seconds: 0 });
  });

  it("gives up in the end, by a name that is retried once, with the last reason", async () => {
    const { address } = await startAnswering(away);
    const starting = startTrackingServer({ ...quick, timeout: 20, trackingUri: address, task: taskOf(1) });
    await expect(starting).rejects.toMatchObject({
      name: "RegistryUnavailable",
      message: expect.stringContaining("status 503 of /health"),
    });
  });

  it("does not wait for what rejects the caller, whose name is not retried", async () => {
    const { address, asked } = await startAnswering({ status: 403, body: "Forbidden" });
    const starting = startTrackingServer({ ...quick, trackingUri: address });
    await expect(starting).rejects.toMatchObject({
      name: "RegistryRejected",
      message: expect.stringContaining("rejects this caller (status 403)"),
    });
    expect(asked).toHaveLength(1);
  });

  it("says where nothing listens", async () => {
    const starting = startTrackingServer({ ...quick, timeout: 20, trackingUri: "http://127.0.0.1:1" });
    await expect(starting).rejects.toThrow(/at http:\/\/127\.0\.0\.1:1 did not answer/);
  });
});
