import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { writeModelFolder } from "../../core/model/folder.ts";
import { root } from "../../scripts/setup/paths.ts";
import { tinyModel, tinySidecar } from "./models.ts";

export const serveScript = join(root, "cli/commands/serve/main.ts");

export interface Served {
  child: ChildProcess;
  address: string;
  /** The address that it serves at next, when it starts again. */
  nextAddress(): Promise<string>;
  /** Puts another model into the folder. */
  promote(bias: number): Promise<void>;
  /** Where the model lies. */
  folder: string;
}

/** Runs `npm run serve` on a model that answers `bias` days for a black photograph, until the test ends. */
export async function serve(bias: number, ...args: string[]): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "serve-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const promote = (days: number) =>
    writeModelFolder(folder, { onnx: tinyModel(days), sidecar: tinySidecar({ version: String(days) }) });
  await promote(bias);
  return { ...(await startServer("--model", folder, ...args)), promote, folder };
}

/** Runs `npm run serve` on a free port until the test ends. */
export async function startServer(...args: string[]): Promise<Pick<Served, "child" | "address" | "nextAddress">> {
  const child = spawn(process.execPath, [serveScript, "--port", "0", ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, RELOAD_TOKEN: "secret" },
  });
  onTestFinished(async () => {
    if (child.exitCode === null) await stop(child);
  });
  const lines = createInterface(child.stderr)[Symbol.asyncIterator]();
  const nextAddress = async () => {
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      const address = /Serving .* at (http:\S+)/.exec(line.value)?.[1];
      if (address) return address;
    }
    throw new Error("it ended before it served");
  };
  return { child, address: await nextAddress(), nextAddress };
}

/** Asks it to stop. @returns its exit code */
export async function stop(child: ChildProcess): Promise<unknown> {
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  return (await ended)[0];
}

/** Has it read the folder again. */
export function reload(address: string): Promise<Response> {
  return fetch(`${address}/reload-model`, { method: "POST", headers: { authorization: "Bearer secret" } });
}
