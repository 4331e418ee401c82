import { createHash } from "node:crypto";
import { pMapIterable } from "p-map";
import { InvalidDatasetError, NoDataError, NotFoundError } from "../errors.ts";
import type { ObjectInfo, ObjectStore } from "../storage.ts";
import { readZip, type ZipEntry } from "./zip.ts";

/** Largest file taken from a dataset, in bytes. */
export const maxFileBytes = 64 << 20;
/**
 * Photographs that a dataset has at most: what one Lambda can fetch in its 15 minutes, and another can plan in its memory
 * (docs/data.md).
 */
export const maxPhotographs = 200_000;
/** Raised by hand when fetching stores something else for the same input. */
const fetchVersion = 1;

/** A dataset as it was given: a zip or a folder. */
export interface DatasetInput {
  /** For messages: where it was found. */
  name: string;
  /** The same as long as the input is unchanged: hash of what the store knows of it without reading it. */
  fingerprint: string;
  /** The files that matter, each once, from front to back. */
  files(): AsyncIterable<ZipEntry>;
}

/**
 * Finds the dataset: a key of a zip, the prefix of a folder with `data.csv`, or without a key the newest of them all.
 * @throws NotFoundError; NoDataError when there is nothing at all
 */
export async function findInput(raw: ObjectStore, key?: string): Promise<DatasetInput> {
  const given = key ?? (await findNewest(raw));
  const file = await raw.head(given);
  if (file && !isRows(given)) return zipInput(raw, file);
  const prefix = isRows(given) ? given.slice(0, -"data.csv".length) : given.replace(/\/*$/, given === "" ? "" : "/");
  const infos: ObjectInfo[] = [];
  for await (const info of raw.list(prefix)) if (matters(info.key.slice(prefix.length))) infos.push(info);
  if (!infos.some((info) => info.key === `${prefix}data.csv`)) {
    throw new NotFoundError(`There is no zip '${given}' and no folder '${prefix}' with a data.csv among the raw data`);
  }
  return folderInput(raw, prefix, infos);
}

async function findNewest(raw: ObjectStore): Promise<string> {
  let newest: ObjectInfo | undefined;
  let empty = true;
  for await (const info of raw.list("")) {
    empty = false;
    const candidate = isRows(info.key) || info.key.toLowerCase().endsWith(".zip");
    if (candidate && (!newest || info.modified > newest.modified)) newest = info;
  }
  if (!newest) {
    const todo = "upload a zip, or a folder with data.csv and images/, to the raw bucket";
    if (empty) throw new NoDataError(`There is no raw data: ${todo}`);
    throw new NotFoundError(`There is no zip and no data.csv among the raw data: ${todo}`);
  }
  return newest.key;
}

const isRows = (key: string) => /(^|\/)data\.csv$/.test(key);
const matters = (path: string) => /^(data\.csv|dataset\.json|images\/.+)$/.test(path);
const hash = (...parts: string[]) => createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);

function zipInput(raw: ObjectStore, { key, etag, size }: ObjectInfo): DatasetInput {
  return {
    name: key,
    fingerprint: hash(`${fetchVersion}`, "zip", key, etag, `${size}`),
    async *files() {
      yield* readZip(await raw.readStream(key), maxFileBytes);
    },
  };
}

function folderInput(raw: ObjectStore, prefix: string, infos: readonly ObjectInfo[]): DatasetInput {
  const listing = infos.flatMap(({ key, etag, size }) => [key, etag, `${size}`]);
  const read = async ({ key, size }: ObjectInfo): Promise<ZipEntry> =>
    size > maxFileBytes
      ? { path: key, rejected: "too-large" }
      : { path: key, content: Buffer.from(await raw.read(key)) };
  return {
    name: prefix,
    fingerprint: hash(`${fetchVersion}`, "folder", ...listing),
    files: () => pMapIterable(infos, read, { concurrency: 8, backpressure: 16 }),
  };
}

/**
 * The name of a dataset that has no `dataset.json`: its folder's or zip's name. Rename it and it is another source, whose
 * fruits are split anew.
 * @throws InvalidDatasetError when the name gives none
 */
export function deriveSource(name: string): string {
  const last =
    name
      .replace(/\/+$/, "")
      .replace(/\.zip$/i, "")
      .split("/")
      .at(-1) ?? "";
  const slug = last
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64);
  if (slug) return slug;
  throw new InvalidDatasetError(
    'The dataset has no name. Add a dataset.json with { "source": "<name>" } next to data.csv',
  );
}
