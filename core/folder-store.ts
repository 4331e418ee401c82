import { createReadStream, createWriteStream, type Dirent } from "node:fs";
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { NotFoundError } from "./errors.ts";
import { replaceFile, temporarySuffix } from "./replace-file.ts";
import type { ObjectInfo, ObjectStore } from "./storage.ts";

/** A folder as an object store: keys are paths below it. */
export class FolderStore implements ObjectStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const found = await stat(this.path(key), { bigint: true }).catch(undefinedIfMissing);
    if (!found?.isFile()) return undefined;
    const etag = `${found.size}-${found.ino}-${found.mtimeNs}`;
    return { key, size: Number(found.size), etag, modified: found.mtime };
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    const names = await readdir(this.path(folder), { withFileTypes: true }).catch(undefinedIfMissing);
    // As S3 does, in the order of the whole key: a folder sorts with its slash.
    const keys = await Promise.all(
      (names ?? []).map(async (entry) => folder + entry.name + (await this.slash(folder, entry))),
    );
    for (const key of keys.filter((k) => k.startsWith(prefix)).sort()) {
      if (key.endsWith("/")) {
        yield* this.list(key);
      } else if (!isTemporary(key)) {
        const found = await this.head(key);
        if (found) yield found;
      }
    }
  }

  private async slash(folder: string, entry: Dirent): Promise<string> {
    const target = entry.isSymbolicLink()
      ? await stat(this.path(folder + entry.name)).catch(undefinedIfMissing)
      : entry;
    return target?.isDirectory() ? "/" : "";
  }

  async readStream(key: string, from = 0): Promise<Readable> {
    if (!(await this.head(key))) throw this.missing(key);
    return createReadStream(this.path(key), { highWaterMark: 1 << 20, start: from });
  }

  async read(key: string): Promise<Uint8Array> {
    const content = await readFile(this.path(key)).catch(undefinedIfMissing);
    if (!content) throw this.missing(key);
    return content;
  }

  async write(key: string, body: Uint8Array | string): Promise<void> {
    return replaceFile(this.path(key), (path) => writeFile(path, body));
  }

  async writeIfUnchanged(key: string, body: Uint8Array | string, etag: string | undefined): Promise<boolean> {
    // A lock file next to the object makes look and write one step for all processes that use this folder.
    const path = this.path(key);
    const lock = `${path}.lock${temporarySuffix}`;
    await mkdir(dirname(path), { recursive: true });
    const held = await open(lock, "wx").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
      return undefined;
    });
    if (!held) return false;
    try {
      if ((await this.head(key))?.etag !== etag) return false;
      await this.write(key, body);
      return true;
    } finally {
      await held.close();
      await rm(lock, { force: true });
    }
  }

  async writeStream(key: string, body: Readable): Promise<void> {
    return replaceFile(this.path(key), (path) => pipeline(body, createWriteStream(path)));
  }

  private path(key: string): string {
    const path = resolve(this.folder, key);
    if (path !== this.folder && !path.startsWith(this.folder + sep))
      throw new RangeError(`Key '${key}' leaves the folder`);
    return path;
  }

  private missing(key: string): NotFoundError {
    return new NotFoundError(`${join(this.folder, key)} does not exist`);
  }
}

const isTemporary = (key: string) => key.endsWith(temporarySuffix);

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (!["ENOENT", "ENOTDIR", "EISDIR"].includes(error.code ?? "")) throw error;
}
