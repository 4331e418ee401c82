import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type Heartbeat, startHeartbeat } from "../../../../training/tfjs/heartbeat.ts";

/** A state machine that waits for one token, and a job that names one. */
function scene() {
  const state = { awaited: "a", inJob: "a", away: false };
  const beats: string[] = [];
  const problems: unknown[] = [];
  const abandoned: Error[] = [];
  const tokens = {
    current: async () => state.inJob,
    heartbeat: async (token: string) => {
      beats.push(token);
      if (state.away) throw new Error("away");
      return token === state.awaited;
    },
  };
  const start = () =>
    startHeartbeat(
      tokens,
      0.01,
      (error) => abandoned.push(error),
      (problem) => problems.push(problem),
    );
  return { state, beats, problems, abandoned, tokens, start };
}

let heartbeat: Heartbeat | undefined;
afterEach(() => heartbeat?.stop());

describe("startHeartbeat", () => {
  it("beats until it is stopped", async () => {
    const { beats, abandoned, start } = scene();
    heartbeat = start();
    await sleep(100);
    heartbeat.stop();
    const count = beats.length;
    expect(count).toBeGreaterThan(2);
    await sleep(50);
    expect(beats).toHaveLength(count);
    expect(abandoned).toEqual([]);
  });

  it("uses the newer token of a redriven execution", async () => {
    const { state, beats, abandoned, start } = scene();
    heartbeat = start();
    await sleep(50);
    Object.assign(state, { awaited: "b", inJob: "b" });
    await sleep(50);
    expect(beats.at(-1)).toBe("b");
    expect(abandoned).toEqual([]);
  });

  it("looks for a newer token once more when one is rejected, for it may just have come", async () => {
    const { state, abandoned, tokens, start } = scene();
    let reads = 0;
    tokens.current = async () => (reads++ === 0 ? "a" : "b");
    state.awaited = "b";
    heartbeat = start();
    await sleep(50);
    expect(abandoned).toEqual([]);
  });

  it("tells once that nobody waits any more", async () => {
    const { state, abandoned, start } = scene();
    state.awaited = "other";
    heartbeat = start();
    await sleep(100);
    expect(abandoned.map(({ name }) => name)).toEqual(["TrainerAbandoned"]);
  });

  it("goes on after a beat that could not be sent", async () => {
    const { state, beats, problems, abandoned, start } = scene();
    state.away = true;
    heartbeat = start();
    await sleep(50);
    expect(problems.length).toBeGreaterThan(0);
    state.away = false;
    const count = beats.length;
    await sleep(50);
    expect(beats.length).toBeGreaterThan(count);
    expect(abandoned).toEqual([]);
  });
});
