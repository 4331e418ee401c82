import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/setup/paths.ts";

/** Above the largest process id of Linux and of macOS. */
const gone = "avocado-tests-99999999";

it("a run of tests leaves nothing in the temporary folder, and removes what a run that was killed has left there", () => {
  const TMPDIR = mkdtempSync(join(tmpdir(), "run-"));
  const others = ["avocado-tests-mine", `avocado-tests-${process.pid}`];
  for (const name of [gone, ...others]) mkdirSync(join(TMPDIR, name));
  writeFileSync(join(TMPDIR, gone, "left"), "");
  const vitest = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--project", "infra"];
  // The CDK leaves its output, and the bundler its bundles.
  const args = [...vitest, "test/infra/kaggle-tracking.test.ts"];
  const env = { ...process.env, TMPDIR, NODE_COMPILE_CACHE: "" };
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, env, encoding: "utf8" });
  expect(status, stdout).toBe(0);
  expect(readdirSync(TMPDIR).sort()).toEqual(others.sort());
});
