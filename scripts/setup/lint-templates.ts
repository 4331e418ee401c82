import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { root } from "./paths.ts";

/** Findings that do not apply, and why. */
export const ignoredChecks: readonly string[] = [
  // Some dependencies are written down that references alone would give.
  "W3005",
];

/** What cfn-lint says of the templates; nothing when all is well. */
export async function lintTemplates(
  cfnLint: string,
  templates: readonly string[],
  ignored = ignoredChecks,
): Promise<string> {
  const ignore = ignored.length > 0 ? ["--ignore-checks", ...ignored] : [];
  const args = ["--regions", "us-east-1", ...ignore, "--template", ...templates];
  try {
    return (await promisify(execFile)(cfnLint, args, { cwd: root, maxBuffer: 1e7 })).stdout.trim();
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `${stdout}${stderr}`.trim();
  }
}
