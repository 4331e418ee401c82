import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

const rejected: [folder: string, line: string][] = [
  ["core", 'export * from "../aws/s3-store.ts";'],
  ["core/deep", 'export * from "../../lambdas/shared/env.ts";'],
  ["core", 'export * from "@aws-sdk/client-s3";'],
  ["core", "export const home = process.env.HOME;"],
  ["aws", 'export * from "../lambdas/shared/env.ts";'],
  ["lambdas/step", 'export * from "../../lib/config.ts";'],
  ["lambdas/step", 'export * from "../../cli/commands/start/command.ts";'],
  ["training/tfjs", 'export * from "../../lib/config.ts";'],
  ["lambdas/step", 'export * from "../../training/tfjs/job.ts";'],
  ["scripts", 'export * from "../lib/config.ts";'],
  ["cli/commands/start", 'export * from "../../../lib/config.ts";'],
  ["local", 'export * from "../lib/config.ts";'],
  ["lambdas/step", 'export * from "../../cli/upload.ts";'],
  ["lib/constructs", 'export * from "../../lambdas/shared/env.ts";'],
  ["lib/constructs", 'export * from "../../aws/s3-store.ts";'],
];
const allowed: [folder: string, line: string][] = [
  ["aws", 'export * from "../core/errors.ts";'],
  ["lambdas/step", 'export * from "../../aws/s3-store.ts";'],
  ["lambdas/step", 'export * from "../../core/contracts/training.ts";'],
  ["lambdas/step", 'export { default } from "../../training/kaggle/train.ipynb";'],
  ["training/tfjs", 'export * from "../../core/image.ts";'],
  ["lib/stacks", 'export * from "../config.ts";'],
  ["lib/stacks", 'export * from "aws-cdk-lib";'],
];

it("lets imports point one way, and core know nothing of the environment", () => {
  const folder = mkdtempSync(join(tmpdir(), "imports-"));
  try {
    for (const file of ["biome.json", ".gitignore"]) copyFileSync(join(root, file), join(folder, file));
    const files = [...rejected, ...allowed].map(([place, line], i) => {
      const file = `${place}/line-${i}.ts`;
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), `${line}\n`);
      return file;
    });
    const args = ["lint", "--reporter=json", "--max-diagnostics=none", "."];
    const { stdout } = spawnSync(join(root, "node_modules/.bin/biome"), args, { cwd: folder, encoding: "utf8" });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: string } }[] };
    const broken = diagnostics.filter(({ category }) => /noRestrictedImports|noProcessEnv/.test(category));
    expect(broken.map(({ location }) => location.path).sort()).toEqual(files.slice(0, rejected.length).sort());
  } finally {
    rmSync(folder, { recursive: true });
  }
});
