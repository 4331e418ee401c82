import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Name of a folder that belongs to this process. */
export const processFolder = (prefix: string): string => `${prefix}${process.pid}`;

/** Removes what processes that are gone, killed for instance, have left in a folder: entries named after them by `processFolder`. */
export function removeLeftFolders(parent: string, prefix: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid] = name.startsWith(prefix) ? (/^(\d+)\b/.exec(name.slice(prefix.length)) ?? []) : [];
    if (pid && !isRunning(Number(pid))) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of somebody else's may not be asked.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
