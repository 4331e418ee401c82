import type { Readable } from "node:stream";

/** What a store knows of one object without reading it. */
export interface ObjectInfo {
  key: string;
  /** Bytes. */
  size: number;
  /** Changes whenever the content changes. */
  etag: string;
  modified: Date;
}

/**
 * Objects by key: S3 in the cloud, a folder on a laptop. Steps take one of these, so that the same code prepares a data
 * set in Lambda and for training on a laptop.
 */
export interface ObjectStore {
  /** Information on the object, or undefined where there is none. */
  head(key: string): Promise<ObjectInfo | undefined>;
  /** Objects whose key begins with the prefix, in ascending order of key. */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /** The content from front to back, or from a byte on. @throws NotFoundError */
  readStream(key: string, from?: number): Promise<Readable>;
  /** The whole content. @throws NotFoundError */
  read(key: string): Promise<Uint8Array>;
  /** Writes the whole object at once: a reader sees the old content or the new, never a part. */
  write(key: string, body: Uint8Array | string, contentType?: string): Promise<void>;
  /**
   * Writes the whole object unless another client has written it since: with an etag only over that content, without one
   * only where there is no object. Of two writers at once, one succeeds.
   * @returns whether it was written
   */
  writeIfUnchanged(key: string, body: Uint8Array | string, etag: string | undefined): Promise<boolean>;
  /** Writes an object of unknown length without holding it in memory. */
  writeStream(key: string, body: Readable, contentType?: string): Promise<void>;
}

/** Reads a JSON object and checks it. @throws NotFoundError, or what the parser throws */
export async function readJson<T>(store: ObjectStore, key: string, parse: (value: unknown) => T): Promise<T> {
  return parse(JSON.parse(Buffer.from(await store.read(key)).toString("utf8")));
}

/** Writes a value as JSON. */
export function writeJson(store: ObjectStore, key: string, value: unknown): Promise<void> {
  return store.write(key, `${JSON.stringify(value, null, 1)}\n`, "application/json");
}
