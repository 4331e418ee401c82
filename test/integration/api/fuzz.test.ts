import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { fuzzVenv } from "../../../scripts/setup/paths.ts";
import { serve } from "../../support/serve.ts";

it("what its OpenAPI allows, and what it does not, is answered as it says: no 5xx, no undocumented answer, no hang", async () => {
  const { address } = await serve(1);
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const args = [
    ...["run", `${address}/openapi.json`, "--seed", "1", "--max-examples", "100", "--request-timeout", "10"],
    // No schema can say that base64 is a photograph, or that an address leads to one: most of what fits is rejected.
    ...["--exclude-checks", "positive_data_acceptance"],
    ...["--continue-on-failure", "--generation-database", "none", "--warnings", "off", "--no-color"],
    // They are about the time that making up requests takes.
    ...["--suppress-health-check", "all"],
  ];
  const { status, stdout, stderr } = spawnSync(join(fuzzVenv, "bin/schemathesis"), args, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PYTHONHASHSEED: "1" },
  });
  expect(status, stdout + stderr).toBe(0);
  console.log(/Test cases:\s*.*\n/.exec(stdout)?.[0].trim());
  expect(stdout).toContain("Tested: 8");
});
