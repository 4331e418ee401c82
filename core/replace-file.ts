import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Ending of files that are being written. */
export const temporarySuffix = ".partial";

/**
 * Replaces a file at once: `write` fills a temporary file in the same folder, which then takes the name. A reader sees the old
 * content or the new, never a part. Makes the folder where there is none.
 * @throws what `write` throws; then the file is as it was, and nothing is left of the new content
 */
export async function replaceFile(path: string, write: (temporary: string) => Promise<unknown>): Promise<void> {
  const temporary = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}${temporarySuffix}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
