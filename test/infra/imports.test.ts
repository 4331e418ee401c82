import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ICruiseResult } from "dependency-cruiser";
import { expect, it } from "vitest";
import { exceptions } from "../../dependency-cruiser.config.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

type Line = [folder: string, line: string];

/** Files for the planted lines to import. */
const targets = [
  "core/errors.ts",
  "core/contracts/training.ts",
  "aws/s3-store.ts",
  "api/api.ts",
  "lambdas/shared/env.ts",
  "training/tfjs/job.ts",
  "training/kaggle/train.ipynb",
  "local/stack.ts",
  "cli/upload.ts",
  "lib/config.ts",
  "layers/build.ts",
  "models/graph.d.ts",
  "scripts/bench.ts",
  "scripts/setup/paths.ts",
  "bin/avocado.ts",
  "vitest.config.ts",
  "elsewhere/file.ts",
];

const forbidden: Line[] = [
  ["core", 'export * from "../aws/s3-store.ts";'],
  ["core/deep", 'export * from "../../lambdas/shared/env.ts";'],
  ["core", 'export * from "@aws-sdk/client-s3";'],
  ["core", 'import "aws-cdk-lib";'],
  ["aws", 'export * from "../api/api.ts";'],
  ["aws", 'export * from "../lambdas/shared/env.ts";'],
  ["api", 'export * from "../aws/s3-store.ts";'],
  ["api", 'export * from "../lambdas/shared/env.ts";'],
  ["api", 'export * from "@aws-sdk/client-s3";'],
  ["lambdas/step", 'export * from "../../lib/config.ts";'],
  ["lambdas/step", 'export * from "../../cli/upload.ts";'],
  ["lambdas/step", 'export * from "../../training/tfjs/job.ts";'],
  ["lambdas/step", 'export { default } from "../../training/kaggle/train.ipynb";'],
  ["lambdas/step", 'export * from "../../scripts/setup/paths.ts";'],
  ["training/tfjs", 'export * from "../../lib/config.ts";'],
  ["training/tfjs", 'export * from "../../api/api.ts";'],
  ["local", 'export * from "../lib/config.ts";'],
  ["local", 'export * from "../cli/upload.ts";'],
  ["cli/commands/start", 'export * from "../../../lib/config.ts";'],
  ["cli/commands/start", 'export * from "../../../lambdas/shared/env.ts";'],
  ["cli/commands/start", 'export * from "../../../scripts/bench.ts";'],
  ["lib/constructs", 'export * from "../../lambdas/shared/env.ts";'],
  ["lib/constructs", 'export * from "../../aws/s3-store.ts";'],
  ["lib/constructs", 'export * from "../../core/errors.ts";'],
  ["bin", 'export * from "../core/errors.ts";'],
  ["layers", 'export * from "../core/errors.ts";'],
  ["models", 'export * from "../core/errors.ts";'],
  ["scripts", 'export * from "../lib/config.ts";'],
  ["scripts", 'import "constructs";'],
  ["core", 'export * from "../test/line.ts";'],
  ["elsewhere", 'export * from "../core/errors.ts";'],
  ["core", 'export * from "../elsewhere/file.ts";'],
  ["core", 'export * from "../vitest.config.ts";'],
  // In every way in which TypeScript imports.
  ["core", 'import "../aws/s3-store.ts";'],
  ["core", 'import type { S3Store } from "../aws/s3-store.ts";'],
  ["core", 'export type { S3Store } from "../aws/s3-store.ts";'],
  ["core", 'export const later = () => import("../aws/s3-store.ts");'],
  ["core", 'export type S3Store = import("../aws/s3-store.ts").S3Store;'],
  ["core", 'export type Store = typeof import("../aws/s3-store.ts");'],
  // In circles, and into nothing.
  ["core/one", 'export * from "../two/line.ts";'],
  ["core/two", 'import type { One } from "../one/line.ts";'],
  ["core", 'export * from "./missing.ts";'],
];

const allowed: Line[] = [
  ["core", 'export * from "zod";'],
  ["core", 'export * from "node:path";'],
  ["aws", 'export * from "../core/errors.ts";'],
  ["aws", 'export * from "@aws-sdk/client-s3";'],
  ["api", 'export * from "../core/errors.ts";'],
  ["lambdas/step", 'export * from "../../aws/s3-store.ts";'],
  ["lambdas/step", 'export * from "../../api/api.ts";'],
  ["lambdas/step", 'export * from "../../core/contracts/training.ts";'],
  ["lambdas/push-kernel", 'export { default } from "../../training/kaggle/train.ipynb";'],
  ["training/tfjs", 'export * from "../../core/errors.ts";'],
  ["cli/commands/start", 'export * from "../../../local/stack.ts";'],
  ["cli/commands/start", 'export * from "../../../scripts/setup/paths.ts";'],
  ["lib/stacks", 'export * from "../config.ts";'],
  ["lib/stacks", 'export * from "../../core/contracts/training.ts";'],
  ["lib/stacks", 'export * from "../../layers/build.ts";'],
  ["lib/stacks", 'export * from "aws-cdk-lib";'],
  ["scripts", 'export * from "../lambdas/shared/env.ts";'],
  ["test/infra", 'export * from "../../lib/config.ts";'],
];

/** A folder with the lines, each in a file of its own, and what they import. */
function plant(lines: Line[]): { folder: string; files: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "imports-"));
  const write = (file: string, text: string) => {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), text);
    return file;
  };
  for (const target of [...targets, "test/line.ts"]) write(target, "export {};\n");
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  // The exceptions are of single files: those have to keep their names.
  const names: Record<string, string> = {
    "lambdas/push-kernel": "handler.ts",
    "core/one": "line.ts",
    "core/two": "line.ts",
  };
  return {
    folder,
    files: lines.map(([place, line], i) => write(`${place}/${names[place] ?? `line-${i}.ts`}`, `${line}\n`)),
  };
}

/** What dependency-cruiser says of a folder. `text`: its configuration. */
function findViolations(folder: string, text: string) {
  const config = mkdtempSync(join(tmpdir(), "imports-config-"));
  try {
    writeFileSync(join(config, "config.ts"), text);
    const depcruise = join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
    const args = [depcruise, "--config", join(config, "config.ts"), "--output-type", "json", "."];
    const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", maxBuffer: 1e9 });
    return (JSON.parse(stdout) as ICruiseResult).summary.violations;
  } finally {
    rmSync(config, { recursive: true });
  }
}

const rules = JSON.stringify(join(root, "dependency-cruiser.config.ts"));

it("lets imports point one way, without a circle", () => {
  const { folder, files } = plant([...forbidden, ...allowed]);
  try {
    const found = findViolations(folder, `export { default } from ${rules};`);
    // A cycle is reported once.
    const inFault = found.flatMap(({ from, cycle = [] }) => [from, ...cycle.map(({ name }) => name)]);
    expect([...new Set(inFault)].sort()).toEqual(files.slice(0, forbidden.length).sort());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("has no exception that nothing needs", () => {
  const found = findViolations(root, `import { createConfig } from ${rules};\nexport default createConfig([]);`);
  const isNeeded = (exception: { from: string; to: string }) =>
    found.some(({ from, to }) => new RegExp(exception.from).test(from) && new RegExp(exception.to).test(to));
  expect(exceptions.filter((exception) => !isNeeded(exception))).toEqual([]);
});

it("lets core and api know nothing of the environment", () => {
  const { folder, files } = plant([
    ["api", "export const home = process.env.HOME;"],
    ["core", "export const home = process.env.HOME;"],
    ["aws", "export const home = process.env.HOME;"],
  ]);
  try {
    for (const file of ["biome.json", ".gitignore"]) copyFileSync(join(root, file), join(folder, file));
    const args = ["lint", "--reporter=json", "--max-diagnostics=none", "."];
    const { stdout } = spawnSync(join(root, "node_modules/.bin/biome"), args, { cwd: folder, encoding: "utf8" });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: string } }[] };
    const broken = diagnostics.filter(({ category }) => category.includes("noProcessEnv"));
    expect(broken.map(({ location }) => location.path).sort()).toEqual(files.slice(0, 2));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
