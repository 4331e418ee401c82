import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { ZipFile } from "yazl";
import { InvalidInputError } from "../core/errors.ts";
import type { ObjectStore } from "../core/storage.ts";

/** The files of a dataset on this machine. */
export interface DataFiles {
  /** A folder is zipped; a file is a zip already. */
  isFolder: boolean;
  files: FolderFile[];
}

/** Looks what a dataset (a zip, or a folder) is made of. @throws InvalidInputError when the path is not a dataset */
export async function findDataFiles(path: string): Promise<DataFiles> {
  const source = resolve(path);
  const found = await stat(source).catch(() => undefined);
  if (!found)
    throw new InvalidInputError(`--data: '${path}' does not exist. Give a zip, or a folder with data.csv and images/.`);
  if (!found.isDirectory()) {
    const file = { path: source, name: basename(source), size: found.size, time: found.mtimeMs };
    return { isFolder: false, files: [file] };
  }
  const files = await listFolder(source);
  if (files.some(({ name }) => name === "data.csv")) return { isFolder: true, files };
  throw new InvalidInputError(
    `--data: '${path}' has no data.csv. A dataset is a folder with data.csv, dataset.json and images/.`,
  );
}

/**
 * Puts a dataset (a zip, or a folder, which becomes one) into the raw bucket, unless this very one is there.
 * @returns its key
 * @throws InvalidInputError when the path is not a dataset
 */
export async function uploadData(path: string, raw: ObjectStore): Promise<string> {
  const source = resolve(path);
  const { isFolder, files } = await findDataFiles(path);
  const print = createHash("sha256").update(files.map(({ name, size, time }) => `${name} ${size} ${time}`).join("\n"));
  const stem = basename(source)
    .replace(/\.zip$/i, "")
    .replace(/[^\w.-]+/g, "-");
  const key = `${stem}-${print.digest("hex").slice(0, 12)}.zip`;
  if (await raw.head(key)) return key;
  await raw.writeStream(key, isFolder ? zip(files) : createReadStream(source), "application/zip");
  return key;
}

interface FolderFile {
  path: string;
  name: string;
  size: number;
  time: number;
}

async function listFolder(folder: string): Promise<FolderFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const images = await readdir(join(folder, "images")).catch(() => []);
  const wanted = [
    ...names.filter((name) => /^(data\.csv|dataset\.json)$/.test(name)),
    ...images.map((name) => `images/${name}`),
  ];
  const files: FolderFile[] = [];
  for (const name of wanted.sort()) {
    const { size, mtimeMs } = await stat(join(folder, name));
    files.push({ path: join(folder, name), name, size, time: mtimeMs });
  }
  return files;
}

/** Photographs are compressed already: the lightest level keeps the zip readable from front to back at little cost. */
function zip(files: FolderFile[]): Readable {
  const archive = new ZipFile();
  for (const { path, name } of files) archive.addFile(path, name, { compressionLevel: 1 });
  archive.end();
  return Readable.from(archive.outputStream);
}
