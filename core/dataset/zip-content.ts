import { finished } from "node:stream/promises";
import { crc32, createInflateRaw } from "node:zlib";
import type { ByteReader } from "./byte-reader.ts";

const descriptorSignature = Buffer.from("PK\x07\x08", "latin1");

/** What was unpacked of a file: its checksum and length, and its bytes up to a limit. */
export class Content {
  crc = 0;
  length = 0;
  private parts: Uint8Array[] = [];
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  get tooLarge(): boolean {
    return this.length > this.limit;
  }

  add(bytes: Uint8Array): void {
    this.crc = crc32(bytes, this.crc);
    this.length += bytes.length;
    if (this.tooLarge) this.parts = [];
    else this.parts.push(bytes);
  }

  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** Copies a stored file of known length; false when the source ends first. */
export async function copyKnown(reader: ByteReader, size: number, content: Content): Promise<boolean> {
  while (content.length < size) {
    const chunk = await reader.chunk(size - content.length);
    if (!chunk) return false;
    content.add(chunk);
  }
  return true;
}

/** Copies a stored file up to the data descriptor that has its checksum and length; false when there is none. */
export async function copyToDescriptor(reader: ByteReader, content: Content): Promise<boolean> {
  for (;;) {
    const window = await reader.available(16);
    if (window.length < 16) return false;
    const at = window.indexOf(descriptorSignature);
    // The signature may be cut by the end of what is buffered.
    const bytes = await reader.take(at < 0 ? window.length - 3 : at);
    if (bytes) content.add(bytes);
    if (at < 0) continue;
    const next = await reader.available(12);
    if (next.length < 12) return false;
    if (next.readUInt32LE(4) === content.crc && next.readUInt32LE(8) === content.length % 2 ** 32) return true;
    const ordinary = await reader.take(4);
    if (ordinary) content.add(ordinary);
  }
}

export interface Inflated {
  /** Packed bytes that the deflate stream had. */
  packed: number;
  ok: boolean;
}

/** Inflates one deflate stream of at most `limit` packed bytes; bytes behind its end stay in the reader. */
export async function inflate(reader: ByteReader, limit: number, content: Content): Promise<Inflated> {
  const inflater = createInflateRaw();
  const ended = finished(inflater, { writable: false }).then(
    () => true,
    () => false,
  );
  inflater.on("data", (bytes: Buffer) => content.add(bytes));
  let fed = 0;
  let ok: boolean | undefined;
  let last: Buffer = Buffer.alloc(0);
  while (ok === undefined) {
    const chunk = fed < limit ? await reader.chunk(limit - fed) : undefined;
    if (chunk) {
      fed += chunk.length;
      last = chunk;
      const written = new Promise<undefined>((resolve) => inflater.write(chunk, () => resolve(undefined)));
      ok = await Promise.race([ended, written]);
      // zlib leaves bytes only when its stream is at its end.
      if (ok === undefined && inflater.bytesWritten < fed) ok = await ended;
    } else {
      inflater.end();
      ok = await ended;
    }
  }
  const packed = inflater.bytesWritten;
  inflater.destroy();
  reader.unread(last.subarray(last.length - (fed - packed)));
  return { packed, ok };
}
