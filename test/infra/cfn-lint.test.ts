import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { findPythonBin } from "../../scripts/local/python.ts";
import { stages, synthesise } from "../support/stages.ts";

const folder = mkdtempSync(join(tmpdir(), "templates-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Findings that do not apply, and why. */
const ignored = [
  // The order of stacks is written down although names alone would do.
  "W3005",
  // An account's stage may be in any region: the account's own list of zones decides.
  "W2001",
];

it.each(stages)("cfn-lint finds nothing in the templates of stage %s", async (stage) => {
  const { stacks, template } = synthesise(stage);
  const files = stacks.map(({ node }) => {
    const file = join(folder, `${stage}-${node.id}.json`);
    writeFileSync(file, JSON.stringify(template(node.id).toJSON()));
    return file;
  });
  const args = ["--regions", "us-east-1", "--ignore-checks", ...ignored, "--template", ...files];
  const found = await promisify(execFile)(findPythonBin("cfn-lint"), args, { maxBuffer: 1e7 }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  );
  expect(found).toBe("");
});
