import { expect, it } from "vitest";
import { daysSinceRetraining } from "../../../../lambdas/check-retraining/logic.ts";

const now = Date.parse("2026-05-11T12:00:00Z");
const history = (last: string | undefined) => ({
  lastSuccess: async () => (last ? new Date(last) : undefined),
  madeAt: async () => new Date("2026-05-01T12:00:00Z"),
});

it("counts from the last success", async () => {
  expect(await daysSinceRetraining(history("2026-05-10T00:00:00Z"), now)).toBe(1.5);
});

it("counts from when the state machine was made while none has succeeded", async () => {
  expect(await daysSinceRetraining(history(undefined), now)).toBe(10);
});
