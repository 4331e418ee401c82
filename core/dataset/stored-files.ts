import { createHash } from "node:crypto";
import { posix } from "node:path";
import { InvalidDatasetError } from "../errors.ts";
import type { ChunkWriter } from "./chunks.ts";
import { maxFileBytes, maxPhotographs } from "./input.ts";
import type { FetchedPhotograph } from "./layout.ts";
import type { ZipEntry } from "./zip.ts";

/** What was found in a dataset, before its rows are known: `data.csv` may come last. */
export interface StoredFiles {
  /** Photographs that are in chunks now. */
  photographs: FetchedPhotograph[];
  /** Photographs that are not; `name` where a row may wait for it. */
  rejected: { path: string; name?: string; reason: string; message: string }[];
  /** Content of each data.csv and dataset.json, by path. */
  tables: Map<string, Uint8Array>;
  chunks: number;
}

const extension = /\.(?:jpe?g|png|webp|avif|heic|heif)$/i;
const inImages = /^(.*\/)?images\/[^/]+$/;
const table = /^(.*\/)?(data\.csv|dataset\.json)$/;
/** What macOS and editors leave behind. */
const hidden = /(^|\/)(\.|__MACOSX\/)/;

/**
 * Stores the photographs in chunks and sets the tables aside.
 * @throws InvalidDatasetError when a table is damaged or there are too many photographs
 */
export async function storeFiles(
  entries: AsyncIterable<ZipEntry>,
  writer: ChunkWriter,
  onProgress?: (photographs: number) => void,
): Promise<StoredFiles> {
  const files: StoredFiles = { photographs: [], rejected: [], tables: new Map(), chunks: 0 };
  const seen = new Map<string, string>();
  for await (const entry of entries) {
    const { path } = entry;
    if (hidden.test(path)) continue;
    if (table.test(path)) {
      if ("rejected" in entry) throw new InvalidDatasetError(`'${path}' cannot be read: ${describe(entry.rejected)}`);
      files.tables.set(path, entry.content);
    } else if (!extension.test(path)) {
      // Read-me and licence files are welcome.
    } else if (!inImages.test(path)) {
      files.rejected.push({ path, reason: "outside-images-folder", message: `${path} is not directly in images/` });
    } else {
      const stem = path.replace(extension, "");
      const name = posix.basename(stem);
      const twin = seen.get(stem);
      if (twin) {
        files.rejected.push({ path, reason: "duplicate-photograph", message: `${path} is there already as ${twin}` });
        continue;
      }
      seen.set(stem, path);
      if ("rejected" in entry) {
        const message = `${path} cannot be read: ${describe(entry.rejected)}`;
        files.rejected.push({ path, name, reason: `photograph-${entry.rejected}`, message });
        continue;
      }
      if (files.photographs.length === maxPhotographs) {
        throw new InvalidDatasetError(
          `There are more than ${maxPhotographs} photographs, the most that one dataset can have: leave some out`,
        );
      }
      const sha256 = createHash("sha256").update(entry.content).digest("hex");
      files.photographs.push({ name, path, chunk: await writer.add(path, entry.content), sha256 });
      onProgress?.(files.photographs.length);
    }
  }
  await writer.flush();
  return { ...files, chunks: writer.chunks };
}

function describe(rejected: "too-large" | "damaged"): string {
  return rejected === "damaged" ? "it is damaged" : `it has more than ${maxFileBytes >> 20} MB`;
}
