import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { localOutputs } from "../aws/stage-outputs.ts";
import { NotFoundError } from "../core/errors.ts";
import { localFolder } from "../scripts/setup/paths.ts";
import { SetupError } from "../scripts/setup/run.ts";
import { freePort } from "./service.ts";

/** What a local stack keeps between runs, all of it in one folder. */
export interface LocalState {
  folder: string;
  /** Logs of MiniStack, MLflow, the deployment and the trainer. */
  logs: string;
  ports: { aws: number; mlflow: number };
  /** Tells commands in other processes that the stack runs, and where. */
  announce(stack: RunningStack): Promise<void>;
  release(): Promise<void>;
}

/** What a command needs while `npm start` runs to know of the stack that runs there. */
const runningStack = z.object({
  outputs: localOutputs,
  urls: z.object({ api: z.string(), mlflow: z.string(), aws: z.string() }),
  trainerLog: z.string(),
});
export type RunningStack = z.infer<typeof runningStack>;

/** Where the state is kept unless the environment says otherwise. */
export const stateFolder = () => process.env.AVOCADO_STATE_FOLDER ?? join(localFolder, "state");

const preferred = { aws: 4566, mlflow: 5050 };

/**
 * Takes the state folder for this process and chooses ports: those of the last run, where they are free.
 * @throws SetupError when another local stack uses the folder
 */
export async function openState(folder: string, reset: boolean): Promise<LocalState> {
  const lock = join(folder, "lock");
  const running = join(folder, "running.json");
  const owner = ownerOf(folder);
  if (owner) {
    throw new SetupError(
      `A local stack is running already (process ${owner}). Stop it with Ctrl-C, or wait for it to end.`,
    );
  }
  if (reset) await rm(folder, { recursive: true, force: true });
  const logs = join(folder, "logs");
  await mkdir(logs, { recursive: true });
  await rm(running, { force: true });
  await writeFile(lock, String(process.pid));
  const portsFile = join(folder, "ports.json");
  const last = existsSync(portsFile) ? JSON.parse(await readFile(portsFile, "utf8")) : preferred;
  const ports = { aws: await freePort(last.aws), mlflow: await freePort(last.mlflow) };
  await writeFile(portsFile, JSON.stringify(ports));
  return {
    folder,
    logs,
    ports,
    announce: (stack) => writeFile(running, JSON.stringify(stack)),
    async release() {
      await rm(running, { force: true });
      await rm(lock, { force: true });
    },
  };
}

/**
 * The stack that another process runs with this folder.
 * @throws NotFoundError when there is none, or it is not ready yet
 */
export function findRunningStack(folder: string = stateFolder()): RunningStack {
  const file = join(folder, "running.json");
  if (!ownerOf(folder)) throw new NotFoundError("No local stack runs. Start one with 'npm start' in another terminal.");
  if (!existsSync(file)) throw new NotFoundError("The local stack is still starting. Try again in a moment.");
  return runningStack.parse(JSON.parse(readFileSync(file, "utf8")));
}

/**
 * Address of the AWS that such a stack emulates, which answers before the rest of the stack is ready.
 * @throws NotFoundError when there is none
 */
export function findEmulatedAws(folder: string = stateFolder()): string {
  const file = join(folder, "ports.json");
  if (!ownerOf(folder) || !existsSync(file)) {
    throw new NotFoundError("No local stack is running: start one with 'npm start', and upload while it runs.");
  }
  return `http://127.0.0.1:${JSON.parse(readFileSync(file, "utf8")).aws}`;
}

/** Process that runs a stack with this folder, or 0. */
function ownerOf(folder: string): number {
  const lock = join(folder, "lock");
  const owner = existsSync(lock) ? Number(readFileSync(lock, "utf8")) : 0;
  return owner && isAlive(owner) ? owner : 0;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
