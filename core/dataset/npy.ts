import { promisify } from "node:util";
import { constants, gunzip, gzip } from "node:zlib";
import { imageBytes, imageSize } from "../contracts/dataset.ts";
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

/** Photographs compressed together. Each group is a gzip member of its own, so that groups are compressed in parallel. */
const groupSize = 32;

/**
 * Packs photographs, each raw uint8 [224, 224, 3], as a gzipped NumPy file of uint8 [n, 224, 224, 3]; the same photographs
 * give the same bytes. Compression, at the fastest level, runs in the background while photographs are added.
 */
export class ShardEncoder {
  private count = 0;
  private group: Uint8Array[] = [];
  private readonly members: Promise<Buffer>[] = [];

  get photographs(): number {
    return this.count;
  }

  /** Adds a photograph and gives its index. @throws RangeError when it has another size */
  add(pixels: Uint8Array): number {
    if (pixels.length !== imageBytes) throw new RangeError(`A photograph of ${pixels.length} bytes, not ${imageBytes}`);
    this.group.push(pixels);
    if (this.group.length === groupSize) this.compress();
    return this.count++;
  }

  async finish(): Promise<Buffer> {
    this.compress();
    return Buffer.concat([await compress(npyHeader(this.count)), ...(await Promise.all(this.members))]);
  }

  private compress(): void {
    if (this.group.length > 0) this.members.push(compress(Buffer.concat(this.group)));
    this.group = [];
  }
}

function compress(bytes: Buffer): Promise<Buffer> {
  return promisify(gzip)(bytes, { level: constants.Z_BEST_SPEED, memLevel: 9, chunkSize: 1 << 20 });
}

/** Unpacks a shard. @throws InvalidDatasetError when it is damaged or not uint8 [n, 224, 224, 3] */
export async function decodeShard(shard: Uint8Array): Promise<Photographs> {
  const content = await promisify(gunzip)(shard, { chunkSize: 1 << 20 }).catch((cause: unknown) => {
    throw new InvalidDatasetError("The shard is damaged: it is not a whole gzip file", { cause });
  });
  const start = magic.length + 2 + (content.length > magic.length + 2 ? content.readUInt16LE(magic.length) : 0);
  const shape = pattern.exec(content.toString("latin1", magic.length + 2, start));
  const count = Number(shape?.[1]);
  if (!shape || !content.subarray(0, magic.length).equals(magic) || content.length !== start + count * imageBytes) {
    throw new InvalidDatasetError(`The shard is not a NumPy file of uint8 [n, ${imageSize}, ${imageSize}, 3]`);
  }
  return { count, pixels: content.subarray(start) };
}
