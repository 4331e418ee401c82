import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./setup/paths.ts";

/** `npm test [-- vitest arguments]`: all tests; the last line is the total, alone on the line. */
const folder = await mkdtemp(join(tmpdir(), "avocado-test-"));
const results = join(folder, "results.json");
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${results}`];
const vitest = spawn(
  process.execPath,
  [join(root, "node_modules/vitest/vitest.mjs"), "run", ...reporters, ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit", env: { ...process.env, NODE_OPTIONS: "--disable-warning=ExperimentalWarning" } },
);
const [code] = (await once(vitest, "close")) as [number | null];
const { passed, failed } = await readTotals();
await rm(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = code === 0 && failed === 0 ? 0 : 1;

/** A file that cannot even be loaded, or a run that wrote no results, counts as one failure: nothing red looks green. */
async function readTotals(): Promise<{ passed: number; failed: number }> {
  const text = await readFile(results, "utf8").catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(text);
  const failed = Math.max(numFailedTests, Math.min(numFailedTestSuites, 1), code === 0 ? 0 : 1);
  return { passed: numPassedTests, failed };
}
