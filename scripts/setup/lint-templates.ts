import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { root } from "./paths.ts";

/** Findings that do not apply, and why. */
const ignored = [
  // Some dependencies are written down that references alone would give.
  "W3005",
];

/** What cfn-lint says of the templates; nothing when all is well. */
export async function lintTemplates(cfnLint: string, templates: string[]): Promise<string> {
  const args = ["--regions", "us-east-1", "--ignore-checks", ...ignored, "--template", ...templates];
  try {
    return (await promisify(execFile)(cfnLint, args, { cwd: root, maxBuffer: 1e7 })).stdout.trim();
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `${stdout}${stderr}`.trim();
  }
}
