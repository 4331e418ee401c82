import { expect, it } from "vitest";
import { daysSinceRetraining, type EndedExecution } from "../../../../lambdas/check-retraining/logic.ts";

const now = Date.parse("2026-05-11T12:00:00Z");
/** Executions that succeeded, the newest first. */
const history = (...executions: [endedAt: string, outcome?: EndedExecution["outcome"]][]) => ({
  async *successes() {
    for (const [endedAt, outcome] of executions) yield { endedAt: new Date(endedAt), outcome };
  },
  madeAt: async () => new Date("2026-05-01T12:00:00Z"),
});
const days = (...executions: Parameters<typeof history>) => daysSinceRetraining(history(...executions), now);

it("counts from the last success", async () => {
  expect(await days(["2026-05-10T00:00:00Z"], ["2026-05-09T00:00:00Z"])).toBe(1.5);
});

it("counts from when the state machine was made while none has succeeded", async () => {
  expect(await days()).toBe(10);
});

it("takes an execution that found another one running, or no data, for no success", async () => {
  const success = ["2026-05-08T12:00:00Z"] as const;
  expect(await days(["2026-05-11T00:00:00Z", "AlreadyRunning"], ["2026-05-10T00:00:00Z", "NoData"], [...success])).toBe(
    3,
  );
  expect(await days(["2026-05-11T00:00:00Z", "AlreadyRunning"])).toBe(10);
});

it("counts before the first success from when there was last no data: until then none could succeed", async () => {
  expect(await days(["2026-05-10T12:00:00Z", "NoData"], ["2026-05-03T12:00:00Z", "NoData"])).toBe(1);
});
