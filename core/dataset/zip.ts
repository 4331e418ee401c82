import { isUtf8 } from "node:buffer";
import { InvalidDatasetError } from "../errors.ts";
import { ByteReader } from "./byte-reader.ts";
import { Content, copyKnown, copyToDescriptor, inflate } from "./zip-content.ts";

/** A file of a zip, with its content or why it was rejected. */
export type ZipEntry = { path: string; content: Buffer } | { path: string; rejected: "too-large" | "damaged" };

const signature = {
  local: 0x04034b50,
  descriptor: 0x08074b50,
  central: 0x02014b50,
  archiveExtra: 0x08064b50,
  zip64End: 0x06064b50,
  zip64Locator: 0x07064b50,
  end: 0x06054b50,
  spanned: 0x30304b50,
} as const;

/**
 * Reads a zip from front to back, one file at a time, in constant memory but for the content of that file. Unlike readers
 * that trust the central directory at the end it never seeks; unlike readers that look for the next signature it finds the
 * end of a file of unknown length (a data descriptor follows) by its checksum and length, so photographs may contain any
 * bytes.
 * @throws InvalidDatasetError when it is not a zip, ends early, or uses what cannot be read
 */
export async function* readZip(source: AsyncIterable<Uint8Array>, maxFileBytes: number): AsyncGenerator<ZipEntry> {
  const reader = new ByteReader(source);
  try {
    for (let first = true; ; first = false) {
      const kind = (await reader.peek(4))?.readUInt32LE();
      if (kind === signature.local) {
        const entry = await readEntry(reader, maxFileBytes);
        if (!entry.path.endsWith("/")) yield entry;
      } else if (first && kind === signature.spanned) {
        await reader.skip(4);
      } else if (first && kind !== signature.end) {
        throw new InvalidDatasetError("The file is not a zip");
      } else if (await readDirectory(reader)) {
        return;
      } else {
        throw truncated();
      }
    }
  } finally {
    await reader.close();
  }
}

const truncated = () => new InvalidDatasetError("The zip was cut off before its end: upload it again");
const damaged = (path: string) => new InvalidDatasetError(`The zip is damaged at '${path}': make it again`);

async function take(reader: ByteReader, count: number): Promise<Buffer> {
  const bytes = await reader.take(count);
  if (!bytes) throw truncated();
  return bytes;
}

async function readEntry(reader: ByteReader, maxFileBytes: number): Promise<ZipEntry> {
  const header = await take(reader, 30);
  const flags = header.readUInt16LE(6);
  const method = header.readUInt16LE(8);
  const name = await take(reader, header.readUInt16LE(26));
  // Not every writer of UTF-8 says so.
  const path = name.toString(isUtf8(name) ? "utf8" : "latin1").replaceAll("\\", "/");
  const extra = await take(reader, header.readUInt16LE(28));
  if (flags & 1) throw new InvalidDatasetError(`The zip is encrypted ('${path}'): make one without a password`);
  if (method !== 0 && method !== 8) {
    throw new InvalidDatasetError(
      `The zip packs '${path}' with method ${method}: only 'store' and 'deflate' can be read`,
    );
  }
  const content = new Content(maxFileBytes);
  const undamaged =
    flags & 8
      ? await readUnknownLength(reader, method, content, path)
      : await readKnownLength(reader, method, content, packedSize(header, extra), header.readUInt32LE(14));
  if (!undamaged) return { path, rejected: "damaged" };
  return content.tooLarge ? { path, rejected: "too-large" } : { path, content: content.bytes() };
}

async function readKnownLength(reader: ByteReader, method: number, content: Content, size: number, crc: number) {
  if (method === 0) {
    if (!(await copyKnown(reader, size, content))) throw truncated();
    return content.crc === crc;
  }
  const { ok, packed } = await inflate(reader, size, content);
  if (!(await reader.skip(size - packed))) throw truncated();
  return ok && content.crc === crc;
}

async function readUnknownLength(reader: ByteReader, method: number, content: Content, path: string) {
  let packed: number;
  if (method === 0) {
    if (!(await copyToDescriptor(reader, content))) throw truncated();
    packed = content.length;
  } else {
    const inflated = await inflate(reader, Number.POSITIVE_INFINITY, content);
    if (!inflated.ok) throw (await reader.peek(1)) ? damaged(path) : truncated();
    packed = inflated.packed;
  }
  return (await readDescriptor(reader, packed, content.length, path)) === content.crc;
}

/** Passes over the data descriptor: with a signature or without, with lengths of 32 bits or of 64. Gives its checksum. */
async function readDescriptor(reader: ByteReader, packed: number, length: number, path: string): Promise<number> {
  const bytes = await reader.available(28);
  if (bytes.length < 28) throw truncated();
  for (const start of bytes.readUInt32LE() === signature.descriptor ? [4, 0] : [0]) {
    for (const width of [4, 8]) {
      const end = start + 4 + 2 * width;
      const sizes = [0, 1].map((i) => bytes.readUIntLE(start + 4 + i * width, Math.min(width, 6)));
      if (sizes[0] === packed && sizes[1] === length && bytes.toString("latin1", end, end + 2) === "PK") {
        await reader.skip(end);
        return bytes.readUInt32LE(start);
      }
    }
  }
  throw damaged(path);
}

/** Length in the zip; of 4 GB and more it is in the zip64 extra field, after the unpacked length. */
function packedSize(header: Buffer, extra: Buffer): number {
  const size = header.readUInt32LE(18);
  if (size !== 0xffffffff) return size;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    const skip = header.readUInt32LE(22) === 0xffffffff ? 8 : 0;
    if (extra.readUInt16LE(at) === 1) return Number(extra.readBigUInt64LE(at + 4 + skip));
  }
  return size;
}

/** Reads the directory at the end, which only tells that nothing was cut off. */
async function readDirectory(reader: ByteReader): Promise<boolean> {
  for (;;) {
    const kind = (await reader.peek(4))?.readUInt32LE();
    const layout = kind === undefined ? undefined : directory[kind];
    if (!layout) return false;
    const header = await take(reader, layout.fixed);
    if (!(await reader.skip(layout.more(header)))) return false;
    if (kind === signature.end) return true;
  }
}

/** Records of the directory: their fixed length, and how many bytes follow by what is in it. */
const directory: Record<number, { fixed: number; more: (header: Buffer) => number } | undefined> = {
  [signature.central]: {
    fixed: 46,
    more: (header) => header.readUInt16LE(28) + header.readUInt16LE(30) + header.readUInt16LE(32),
  },
  [signature.archiveExtra]: { fixed: 8, more: (header) => header.readUInt32LE(4) },
  [signature.zip64End]: { fixed: 12, more: (header) => Number(header.readBigUInt64LE(4)) },
  [signature.zip64Locator]: { fixed: 20, more: () => 0 },
  [signature.end]: { fixed: 22, more: (header) => header.readUInt16LE(20) },
};
