import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SetupError } from "../setup/run.ts";
import { freePort } from "./service.ts";

/** What a local stack keeps between runs, all of it in one folder. */
export interface LocalState {
  folder: string;
  /** Logs of MiniStack, MLflow, the deployment and the trainer. */
  logs: string;
  ports: { aws: number; mlflow: number };
  release(): Promise<void>;
}

const preferred = { aws: 4566, mlflow: 5050 };

/**
 * Takes the state folder for this process and chooses ports: those of the last run, where they are free.
 * @throws SetupError when another local stack uses the folder
 */
export async function openState(folder: string, reset: boolean): Promise<LocalState> {
  const lock = join(folder, "lock");
  const owner = existsSync(lock) ? Number(readFileSync(lock, "utf8")) : 0;
  if (owner && isAlive(owner)) {
    throw new SetupError(
      `A local stack is running already (process ${owner}). Stop it with Ctrl-C, or wait for it to end.`,
    );
  }
  if (reset) await rm(folder, { recursive: true, force: true });
  const logs = join(folder, "logs");
  await mkdir(logs, { recursive: true });
  await writeFile(lock, String(process.pid));
  const portsFile = join(folder, "ports.json");
  const last = existsSync(portsFile) ? JSON.parse(await readFile(portsFile, "utf8")) : preferred;
  const ports = { aws: await freePort(last.aws), mlflow: await freePort(last.mlflow) };
  await writeFile(portsFile, JSON.stringify(ports));
  return { folder, logs, ports, release: () => rm(lock, { force: true }) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
