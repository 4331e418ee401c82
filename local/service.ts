import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A server running next to this process. */
export interface Service {
  url: string;
  pid: number;
  /** Asks the server and everything it started to end, and makes it after 15 s. May be called twice. */
  stop(): Promise<void>;
  /** Resolves when the server has ended, however that came about. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface ServiceOptions {
  name: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  logFile: string;
  url: string;
  healthPath: string;
  /** Milliseconds until the server must answer. */
  startWithin: number;
  /** Milliseconds between two questions whether it answers (default: 100). */
  askEvery?: number;
}

/**
 * Starts a server in a process group of its own and waits until it answers. The group ends with this process.
 * @throws Error with the last lines of the log when the server ends or does not answer in time
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { port } = new URL(options.url);
  if ((await freePort(Number(port))) !== Number(port)) {
    throw new Error(
      `Port ${port} is in use, so ${options.name} cannot start. Stop what uses it, or choose another port.`,
    );
  }
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, "a");
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  const exited: Service["exited"] = once(child, "exit").then(([code, signal]) => ({ code, signal }));
  await once(child, "spawn");
  const pid = child.pid as number;
  const endWithUs = () => signalGroup(pid, "SIGTERM");
  process.once("exit", endWithUs);

  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= (async () => {
      signalGroup(pid, "SIGTERM");
      const ended = await Promise.race([exited.then(() => true), sleep(15_000, false, { ref: false })]);
      if (!ended) signalGroup(pid, "SIGKILL");
      await exited;
      signalGroup(pid, "SIGKILL");
      process.off("exit", endWithUs);
    })();
    return stopping;
  };

  try {
    await untilHealthy(options, exited);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: options.url, pid, stop, exited };
}

/** The given TCP port of the loopback interface when it is free now, else a free one. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  try {
    await once(server.listen(wanted, "127.0.0.1"), "listening");
  } catch (error) {
    if (wanted !== 0 && (error as NodeJS.ErrnoException).code === "EADDRINUSE") return freePort();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

async function untilHealthy(options: ServiceOptions, exited: Service["exited"]): Promise<void> {
  const { name, url, healthPath, startWithin, logFile, askEvery = 100 } = options;
  let ended: Awaited<Service["exited"]> | undefined;
  void exited.then((how) => {
    ended = how;
  });
  const deadline = Date.now() + startWithin;
  while (!(await answers(url + healthPath))) {
    if (ended) {
      throw new Error(
        `${name} ended while starting (${ended.signal ?? `code ${ended.code}`}).${await lastLines(logFile)}`,
      );
    }
    if (Date.now() > deadline) {
      throw new Error(`${name} did not answer on ${url} within ${startWithin / 1000} s.${await lastLines(logFile)}`);
    }
    await sleep(askEvery);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

async function lastLines(logFile: string): Promise<string> {
  const text = await readFile(logFile, "utf8").catch(() => "");
  const lines = text.trimEnd().split("\n").slice(-15).join("\n  ");
  return ` The last lines of ${logFile}:\n  ${lines}`;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
