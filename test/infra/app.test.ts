import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/setup/paths.ts";

it("says what is wrong with a stage, and not where in the code that was found", () => {
  const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ stage: "staging" }) };
  const { status, stderr } = spawnSync(process.execPath, [join(root, "bin/avocado.ts")], { env, encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain("There is no stage 'staging'.");
  expect(stderr).not.toMatch(/^\s+at /m);
});
