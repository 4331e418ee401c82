import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Finding } from "./finding.ts";

/** Runs a program and gives what it printed. */
export type Execute = (command: string, args: string[]) => Promise<string>;

/** Images are built on this machine when a stage is deployed: by Docker, for x86-64. */
export async function checkDocker(execute: Execute = runProgram): Promise<Finding[]> {
  let architecture: string;
  try {
    architecture = (await execute("docker", ["info", "--format", "{{.Architecture}}"])).trim();
    if (!architecture) throw new Error("no answer");
  } catch {
    const advice = "`cdk deploy` builds images: install Docker and start it.";
    return [{ check: "Docker", state: "missing", found: "does not answer", advice }];
  }
  const docker: Finding = { check: "Docker", state: "ok", found: `answers, ${architecture}` };
  const check = "images for x86-64";
  if (/^(x86_64|amd64)$/.test(architecture)) return [docker, { check, state: "ok", found: "built as they are" }];
  const platforms = await execute("docker", ["buildx", "inspect", "--bootstrap"]).catch(() => "");
  if (/linux\/amd64/.test(platforms)) {
    return [docker, { check, state: "ok", found: "built by emulation, which takes several times as long" }];
  }
  const advice = "Install the emulation: docker run --privileged --rm tonistiigi/binfmt --install amd64";
  return [docker, { check, state: "missing", found: `this machine is ${architecture} and emulates no other`, advice }];
}

async function runProgram(command: string, args: string[]): Promise<string> {
  return (await promisify(execFile)(command, args, { timeout: 60_000 })).stdout;
}
