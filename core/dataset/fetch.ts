import { createHash } from "node:crypto";
import { posix } from "node:path";
import { z } from "zod";
import { type DatasetSource, datasetSource } from "../contracts/dataset.ts";
import type { FetchedData } from "../contracts/pipeline.ts";
import { errorMessage, InvalidDatasetError } from "../errors.ts";
import { type ObjectStore, readJson, writeJson } from "../storage.ts";
import { ChunkWriter } from "./chunks.ts";
import { type DatasetInput, deriveSource, findInput } from "./input.ts";
import {
  countByReason,
  type FetchedIndex,
  type FetchedPhotograph,
  fetchedIndex,
  fetchedKeys,
  processingVersion,
} from "./layout.ts";
import { type DataRow, parseRows, type RowIssue } from "./rows.ts";
import { type StoredFiles, storeFiles } from "./stored-files.ts";

export interface FetchOptions {
  raw: ObjectStore;
  data: ObjectStore;
  /** Key of a zip or prefix of a folder in `raw`; without it the newest. */
  key?: string | undefined;
  /** Called with the number of photographs read so far. */
  onProgress?: ((photographs: number) => void) | undefined;
}

/**
 * Reads a dataset once from front to back, checks its rows, and leaves its photographs in chunks that later steps can
 * read in parallel. Unchanged input is not read again.
 * @throws NotFoundError when there is no dataset, InvalidDatasetError when it cannot be used
 */
export async function fetchData({ raw, data, key, onProgress }: FetchOptions): Promise<FetchedData> {
  const input = await findInput(raw, key);
  const prefix = `fetched/${input.fingerprint}/`;
  const keys = fetchedKeys(prefix);
  const before =
    (await data.head(keys.index)) && (await readJson(data, keys.index, (value) => fetchedIndex.parse(value)));
  if (before?.processing === processingVersion) return before.fetched;

  const files = await storeFiles(input.files(), new ChunkWriter(data, keys.chunk), onProgress);
  const { csv, root, source } = findTable(input, files);
  const { rows, problems, lines } = parseRows(csv);
  const used = matchPhotographs(files, root, rows, problems);
  if (used.length === 0) {
    throw new InvalidDatasetError(
      `None of the ${lines} rows of data.csv has its photograph. They belong in images/ next to it, as images/<File Name>.jpg`,
    );
  }
  const fetched: FetchedData = {
    version: versionOf(source, csv, used),
    prefix,
    rows: lines,
    photographs: used.length,
    problems: countByReason(problems),
    problemsKey: keys.problems,
  };
  await data.write(keys.rows, csv, "text/csv");
  await writeJson(data, keys.photographs, used);
  await writeJson(data, keys.problems, problems);
  const index: FetchedIndex = { processing: processingVersion, fetched, source, chunks: files.chunks };
  await writeJson(data, keys.index, index);
  return fetched;
}

/** The one data.csv, its folder, and the name of the source. */
function findTable(
  { name }: DatasetInput,
  { tables }: StoredFiles,
): { csv: Uint8Array; root: string; source: DatasetSource } {
  const [path, ...others] = [...tables.keys()].filter((key) => posix.basename(key) === "data.csv");
  const csv = path !== undefined && tables.get(path);
  if (!csv) throw new InvalidDatasetError(`There is no data.csv in '${name}'`);
  if (others.length > 0)
    throw new InvalidDatasetError(`'${name}' has more than one data.csv: ${[path, ...others].join(", ")}`);
  const root = path.slice(0, -"data.csv".length);
  const json = tables.get(`${root}dataset.json`);
  return { csv, root, source: json ? parseSource(json) : { source: deriveSource(name) } };
}

function parseSource(json: Uint8Array): DatasetSource {
  try {
    return datasetSource.parse(
      JSON.parse(
        Buffer.from(json)
          .toString("utf8")
          .replace(/^\ufeff/, ""),
      ),
    );
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : errorMessage(error);
    throw new InvalidDatasetError(`dataset.json must name the source, as { "source": "hass-2024" }: ${problem}`, {
      cause: error,
    });
  }
}

/**
 * Photographs that have a row. Every row and every photograph that finds no partner is added to the problems, once: with
 * the line when a row is lost, without when only a photograph is.
 */
function matchPhotographs(files: StoredFiles, root: string, rows: readonly DataRow[], problems: RowIssue[]) {
  const rejectedRows = new Set(problems.map((problem) => problem.name));
  const lines = new Map(rows.map((row) => [row.fileName, row.line]));
  const partnerless = new Map(rows.map((row) => [row.fileName, row]));
  const used: FetchedPhotograph[] = [];
  for (const photograph of files.photographs) {
    const { name, path } = photograph;
    if (!path.startsWith(`${root}images/`)) {
      problems.push({ name: path, reason: "outside-images-folder", message: `${path} is not next to data.csv` });
    } else if (lines.has(name)) {
      used.push(photograph);
      partnerless.delete(name);
    } else if (!rejectedRows.has(name)) {
      problems.push({ name, reason: "photograph-without-row", message: `${path} has no row in data.csv` });
    }
  }
  for (const { path, name = path, reason, message } of files.rejected) {
    const line = partnerless.get(name)?.line;
    problems.push({ ...(line !== undefined && { line }), name, reason, message });
    partnerless.delete(name);
  }
  for (const { fileName, line } of partnerless.values()) {
    const message = `there is no images/${fileName}.jpg`;
    problems.push({ line, name: fileName, reason: "no-photograph", message });
  }
  return used;
}

function versionOf({ source }: DatasetSource, csv: Uint8Array, photographs: readonly FetchedPhotograph[]): string {
  const hash = createHash("sha256").update(`${processingVersion}\n${source}\n`);
  hash.update(createHash("sha256").update(csv).digest("hex"));
  for (const line of photographs.map(({ name, sha256 }) => `\n${name} ${sha256}`).sort()) hash.update(line);
  return hash.digest("hex").slice(0, 16);
}
