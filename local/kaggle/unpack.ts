import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { unzipSync } from "fflate";

/**
 * Puts an upload among the files of a dataset. As Kaggle does, a zip becomes a folder, and what ends in `.gz` is unpacked:
 * of a file with several gzip members, such as bgzip writes, only the first (published notes of 2026: "Kaggle
 * auto-decompresses top-level .gz files and mangles bgzip archives, yielding a header-only stub").
 */
export async function unpackUpload(upload: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  if (target.endsWith(".zip")) await unzip(upload, join(dirname(target), basename(target, ".zip")));
  else if (target.endsWith(".gz")) await gunzip(upload, target.slice(0, -".gz".length));
  else await rename(upload, target);
}

async function unzip(zip: string, target: string): Promise<void> {
  for (const [name, content] of Object.entries(unzipSync(await readFile(zip)))) {
    const path = join(target, name);
    if (name.endsWith("/") || !path.startsWith(target)) continue;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  await rm(zip);
}

async function gunzip(file: string, target: string): Promise<void> {
  const content = await readFile(file);
  await writeFile(target, inflateRawSync(content.subarray(memberHeader(content))));
  await rm(file);
}

/** Length of the first member's header (RFC 1952): ten bytes, and what its flags announce. */
function memberHeader(content: Buffer): number {
  const flags = content[3] ?? 0;
  let at = 10;
  if (flags & 4) at += 2 + content.readUInt16LE(at);
  for (const text of [8, 16]) if (flags & text) at = content.indexOf(0, at) + 1;
  return flags & 2 ? at + 2 : at;
}
