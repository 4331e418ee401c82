import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Finding } from "./finding.ts";

/** Runs a program and gives what it printed. */
export type Execute = (command: string, args: string[]) => Promise<string>;

/** Processors that images are built for, by Docker's names: how machines call themselves, and what people say. */
const processors = {
  amd64: { machines: ["x86_64", "amd64"], name: "x86-64" },
  arm64: { machines: ["aarch64", "arm64"], name: "arm64" },
};
export type Processor = keyof typeof processors;

/** Images are built on this machine when a stage is deployed: by Docker, for these processors. */
export async function checkDocker(wanted: readonly Processor[], execute: Execute = runProgram): Promise<Finding[]> {
  let machine: string;
  try {
    machine = (await execute("docker", ["info", "--format", "{{.Architecture}}"])).trim();
    if (!machine) throw new Error("no answer");
  } catch {
    const advice = "`cdk deploy` builds images: install Docker and start it.";
    return [{ check: "Docker", state: "missing", found: "does not answer", advice }];
  }
  const docker: Finding = { check: "Docker", state: "ok", found: `answers, ${machine}` };
  return [docker, ...(await Promise.all(wanted.map((processor) => checkProcessor(processor, machine, execute))))];
}

async function checkProcessor(processor: Processor, machine: string, execute: Execute): Promise<Finding> {
  const { machines, name } = processors[processor];
  const check = `images for ${name}`;
  if (machines.includes(machine)) return { check, state: "ok", found: "built as they are" };
  const platforms = await execute("docker", ["buildx", "inspect", "--bootstrap"]).catch(() => "");
  if (platforms.includes(`linux/${processor}`)) {
    return { check, state: "ok", found: "built by emulation, which takes several times as long" };
  }
  const advice = `Install the emulation: docker run --privileged --rm tonistiigi/binfmt --install ${processor}`;
  return { check, state: "missing", found: `this machine is ${machine} and emulates no other`, advice };
}

async function runProgram(command: string, args: string[]): Promise<string> {
  return (await promisify(execFile)(command, args, { timeout: 60_000 })).stdout;
}
