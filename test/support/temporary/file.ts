import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** Each test file has a temporary folder of its own, which goes with it: bundles of all files at once are gigabytes. */
const folder = mkdtempSync(join(tmpdir(), "file-"));
chmodSync(folder, 0o755);
process.env.TMPDIR = folder;
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
