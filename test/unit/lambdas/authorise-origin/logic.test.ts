import { expect, it } from "vitest";
import { isFromOrigin } from "../../../../lambdas/authorise-origin/logic.ts";

it("lets through who knows the secret", () => {
  expect(isFromOrigin("secret", "secret")).toBe(true);
});

it.each([undefined, "", "Secret", "secret ", "secre"])("rejects %j", (given) => {
  expect(isFromOrigin(given, "secret")).toBe(false);
});

it("rejects everybody while there is no secret", () => {
  expect(isFromOrigin("", "")).toBe(false);
});
