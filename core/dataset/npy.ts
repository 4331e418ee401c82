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

/**
 * Packs photographs, each raw uint8 [224, 224, 3], as a NumPy file of uint8 [n, 224, 224, 3]. It is not compressed: see
 * docs/adr/0013-shards-without-compression.md.
 * @throws RangeError when a photograph has another size
 */
export function encodeShard(photographs: readonly Uint8Array[]): z.infer<typeof writtenFile> & { content: Buffer } {
  const other = photographs.find(({ length }) => length !== imageBytes);
  if (other) throw new RangeError(`A photograph of ${other.length} bytes, not ${imageBytes}`);
  const content = Buffer.concat([npyHeader(photographs.length), ...photographs]);
  return { content, sha256: createHash("sha256").update(content).digest("hex"), bytes: content.length };
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
