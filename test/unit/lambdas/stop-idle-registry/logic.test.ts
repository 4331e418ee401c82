import { describe, expect, it } from "vitest";
import { type StopClients, stopIdleRegistry } from "../../../../lambdas/stop-idle-registry/logic.ts";

function clients(up: boolean, requests: number, retraining: boolean) {
  const set: number[] = [];
  const asked: number[] = [];
  const all: StopClients = {
    task: {
      isUp: async () => up,
      setDesired: async (count) => {
        set.push(count);
      },
    },
    countRequests: async (minutes) => {
      asked.push(minutes);
      return requests;
    },
    isRetraining: async () => retraining,
  };
  return { all, set, asked };
}

describe("stopIdleRegistry", () => {
  it("ends a task that nobody has called for the minutes given", async () => {
    const { all, set, asked } = clients(true, 0, false);
    expect(await stopIdleRegistry(30, all)).toBe("ended");
    expect([set, asked]).toEqual([[0], [30]]);
  });

  it.each([
    ["that is called", true, 3, false, "in use"],
    ["that a retraining will call again", true, 0, true, "in use"],
    ["that is at zero already or is only starting", false, 0, false, "away"],
  ] as const)("leaves one alone %s", async (_, up, requests, retraining, answer) => {
    const { all, set } = clients(up, requests, retraining);
    expect(await stopIdleRegistry(30, all)).toBe(answer);
    expect(set).toEqual([]);
  });
});
