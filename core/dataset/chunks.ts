import { buffer } from "node:stream/consumers";
import { extract, pack } from "tar-stream";
import type { ObjectStore } from "../storage.ts";

/** Photographs that a chunk has at most. */
export const maxChunkPhotographs = 256;
const maxChunkBytes = 32 << 20;

/** Packs files into tar archives of at most 256 files or 32 MB (a larger file has one of its own). */
export class ChunkWriter {
  /** Chunks begun so far. */
  chunks = 0;
  private files: { path: string; content: Uint8Array }[] = [];
  private bytes = 0;
  private readonly store: ObjectStore;
  private readonly keyOf: (chunk: number) => string;

  constructor(store: ObjectStore, keyOf: (chunk: number) => string) {
    this.store = store;
    this.keyOf = keyOf;
  }

  /** Adds a file and gives the number of its chunk. Waits while a full chunk is written, so the source waits too. */
  async add(path: string, content: Uint8Array): Promise<number> {
    const full = this.files.length === maxChunkPhotographs || this.bytes + content.length > maxChunkBytes;
    if (full) await this.flush();
    if (this.files.length === 0) this.chunks++;
    this.files.push({ path, content });
    this.bytes += content.length;
    return this.chunks - 1;
  }

  async flush(): Promise<void> {
    if (this.files.length === 0) return;
    const archive = pack();
    for (const { path, content } of this.files) {
      const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
      archive.entry({ name: path, mtime: new Date(0) }, bytes);
    }
    archive.finalize();
    this.files = [];
    this.bytes = 0;
    await this.store.write(this.keyOf(this.chunks - 1), await buffer(archive), "application/x-tar");
  }
}

/** Reads the files of one chunk, by path. */
export async function readChunk(store: ObjectStore, key: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const archive = extract();
  archive.end(await store.read(key));
  for await (const entry of archive) files.set(entry.header.name, await buffer(entry));
  return files;
}
