import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Files of a folder and of those in it, by their paths from there. */
export async function listFolder(folder: string): Promise<{ name: string; size: number; modified: Date }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = paths.sort().map(async (path) => {
    const { size, mtime } = await stat(path);
    return { name: path.slice(folder.length + 1), size, modified: mtime };
  });
  return Promise.all(files);
}
