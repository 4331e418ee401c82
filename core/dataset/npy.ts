import { createHash } from "node:crypto";
import type { z } from "zod";
import { imageBytes, imageSize, type writtenFile } from "../contracts/dataset.ts";
import { InvalidDatasetError } from "../errors.ts";

const magic = Buffer.from("\x93NUMPY\x01\x00", "latin1");
const pattern = new RegExp(
  `^\\{'descr': '\\|u1', 'fortran_order': False, 'shape': \\((\\d+), ${imageSize}, ${imageSize}, 3\\), \\} *\\n$`,
);

/** Photographs of one shard. */
export interface Photographs {
  count: number;
  /** Raw uint8 RGB, [count, 224, 224, 3]. */
  pixels: Uint8Array;
}

/** Header of a NumPy file (format 1.0) of uint8 [count, 224, 224, 3]; the data begins at a multiple of 64 bytes. */
function npyHeader(count: number): Buffer {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${count}, ${imageSize}, ${imageSize}, 3), }`;
  const length = Math.ceil((magic.length + 2 + text.length + 1) / 64) * 64 - magic.length - 2;
  const size = Buffer.alloc(2);
  size.writeUInt16LE(length);
  return Buffer.concat([magic, size, Buffer.from(`${text.padEnd(length - 1)}\n`, "latin1")]);
}

/** A finished shard, with the size and hash by which readers recognise that it is whole. */
export type Shard = z.infer<typeof writtenFile> & { content: Buffer };

/**
 * Packs photographs, each raw uint8 [224, 224, 3], as a NumPy file of uint8 [n, 224, 224, 3]. It is not compressed: see
 * docs/adr/0013-shards-without-compression.md. Each photograph is copied and hashed as it is added, so that a full shard
 * costs nothing more at its end.
 */
export class ShardWriter {
  private readonly capacity: number;
  private readonly content: Buffer;
  private readonly hash = createHash("sha256");
  /** Photographs added so far. */
  photographs = 0;

  /** @param capacity photographs that the shard has at most */
  constructor(capacity: number) {
    const header = npyHeader(capacity);
    this.capacity = capacity;
    this.content = Buffer.allocUnsafe(header.length + capacity * imageBytes);
    header.copy(this.content);
    this.hash.update(header);
  }

  /** @returns index of the photograph in the shard. @throws RangeError when it has another size, or the shard is full */
  add(photograph: Uint8Array): number {
    if (photograph.length !== imageBytes)
      throw new RangeError(`A photograph of ${photograph.length} bytes, not ${imageBytes}`);
    if (this.photographs === this.capacity) throw new RangeError(`A shard for ${this.capacity} photographs is full`);
    this.content.set(photograph, this.content.length - (this.capacity - this.photographs) * imageBytes);
    this.hash.update(photograph);
    return this.photographs++;
  }

  /** The shard of what was added; nothing can be added after. */
  finish(): Shard {
    if (this.photographs < this.capacity) return this.finishEarly();
    return { content: this.content, sha256: this.hash.digest("hex"), bytes: this.content.length };
  }

  /** The header holds the number of photographs, so a shard with fewer begins, and hashes, otherwise. */
  private finishEarly(): Shard {
    const begin = this.content.length - this.capacity * imageBytes;
    const photographs = this.content.subarray(begin, begin + this.photographs * imageBytes);
    const content = Buffer.concat([npyHeader(this.photographs), photographs]);
    return { content, sha256: createHash("sha256").update(content).digest("hex"), bytes: content.length };
  }
}

/** Packs photographs as `ShardWriter` does. @throws RangeError when a photograph has another size */
export function encodeShard(photographs: readonly Uint8Array[]): Shard {
  const shard = new ShardWriter(photographs.length);
  for (const photograph of photographs) shard.add(photograph);
  return shard.finish();
}

/** Unpacks a shard, without copying it. @throws InvalidDatasetError when it is damaged or not uint8 [n, 224, 224, 3] */
export function decodeShard(shard: Uint8Array): Photographs {
  const content = Buffer.from(shard.buffer, shard.byteOffset, shard.byteLength);
  const start = magic.length + 2 + (content.length > magic.length + 2 ? content.readUInt16LE(magic.length) : 0);
  const shape = pattern.exec(content.toString("latin1", magic.length + 2, start));
  const count = Number(shape?.[1]);
  if (!shape || !content.subarray(0, magic.length).equals(magic) || content.length !== start + count * imageBytes) {
    throw new InvalidDatasetError(`The shard is not a whole NumPy file of uint8 [n, ${imageSize}, ${imageSize}, 3]`);
  }
  return { count, pixels: content.subarray(start) };
}
