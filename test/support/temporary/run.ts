import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { processFolder, removeLeftFolders } from "./process-folder.ts";

const prefix = "avocado-tests-";

/**
 * All that the tests of one run, and the servers that they start, write into the system's temporary folder lies in one folder.
 * It goes when the run ends, or when the next one begins. Without it a run leaves gigabytes.
 */
export function setup(): (() => void) | undefined {
  // Another project of this run has made it, and removes it.
  if (basename(tmpdir()) === processFolder(prefix)) return undefined;
  removeLeftFolders(tmpdir(), prefix);
  const outside = process.env.TMPDIR;
  const folder = join(tmpdir(), processFolder(prefix));
  mkdirSync(folder);
  // The server of a database runs as another user.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  return () => {
    rmSync(folder, { recursive: true, force: true });
    if (outside === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = outside;
  };
}
