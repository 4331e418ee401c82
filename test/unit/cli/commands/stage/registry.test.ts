import { expect, it } from "vitest";
import { whileStopped } from "../../../../../cli/commands/stage/registry.ts";

/** A server that runs on for two questions after it was stopped; what happens to it, in order. */
function fakeServer(wanted: boolean) {
  const events: string[] = [];
  let left = 2;
  const server = {
    isRequested: async () => wanted,
    isRunning: async () => left-- > 0,
    stop: async () => void events.push("stopped"),
    start: async () => void events.push("started"),
  };
  const work = async () => {
    expect(left).toBeLessThan(0);
    events.push("worked");
  };
  return { server, events, work };
}

it("works when the server has stopped, then starts it again", async () => {
  const { server, events, work } = fakeServer(true);
  await whileStopped(server, work, 1);
  expect(events).toEqual(["stopped", "worked", "started"]);
});

it("leaves a server at zero that was at zero", async () => {
  const { server, events, work } = fakeServer(false);
  await whileStopped(server, work, 1);
  expect(events).toEqual(["stopped", "worked"]);
});

it("starts the server again when the work fails", async () => {
  const { server, events } = fakeServer(true);
  const failing = whileStopped(server, () => Promise.reject(new Error("no")), 1);
  await expect(failing).rejects.toThrow("no");
  expect(events).toEqual(["stopped", "started"]);
});
