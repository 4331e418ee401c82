import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { root } from "../../scripts/setup/paths.ts";

const out = mkdtempSync(join(tmpdir(), "avocado-synth-"));
afterAll(() => rmSync(out, { recursive: true }));

it("Lambdas can read their code, whatever the umask of whoever deploys", () => {
  const { context } = JSON.parse(readFileSync(join(root, "cdk.json"), "utf8"));
  const synth = `umask 077 && "${process.execPath}" --disable-warning=ExperimentalWarning bin/avocado.ts`;
  const CDK_CONTEXT_JSON = JSON.stringify({ ...context, stage: "local" });
  execFileSync("sh", ["-c", synth], { cwd: root, env: { ...process.env, CDK_OUTDIR: out, CDK_CONTEXT_JSON } });
  const code = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith("index.js"));
  expect(code.length).toBeGreaterThan(10);
  expect(code.filter((name) => (statSync(join(out, name)).mode & 0o044) !== 0o044)).toEqual([]);
});
