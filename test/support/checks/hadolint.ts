import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { findPythonBin } from "../../../scripts/setup/find-python.ts";

interface Finding {
  line: number;
  code: string;
}

/** What hadolint says of a Dockerfile, one finding a line: nothing when all is well. */
export function lintDockerfile(path: string): string {
  return execFileSync(findPythonBin("hadolint"), ["--no-fail", "--no-color", path], { encoding: "utf8" });
}

/** Findings that a Dockerfile has hadolint ignore although the instruction below does not give them. */
export function findDeadPragmas(path: string): string[] {
  const args = ["--disable-ignore-pragma", "--no-fail", "--format", "json", path];
  const found: Finding[] = JSON.parse(execFileSync(findPythonBin("hadolint"), args, { encoding: "utf8" }));
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.flatMap((text, index) => {
    const [, codes] = /^#\s*hadolint\s+ignore=(\S+)/.exec(text) ?? [];
    const instruction = lines.findIndex((line, below) => below > index && !/^\s*(#|$)/.test(line)) + 1;
    return (codes?.split(",") ?? [])
      .filter((code) => !found.some((finding) => finding.code === code && finding.line === instruction))
      .map((code) => `line ${index + 1} ignores ${code}, which line ${instruction} does not give`);
  });
}
