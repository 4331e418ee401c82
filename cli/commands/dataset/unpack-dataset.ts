import { createReadStream } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type { CountsByReason } from "../../../core/contracts/dataset.ts";
import { maxFileBytes } from "../../../core/dataset/input.ts";
import { countByReason } from "../../../core/dataset/layout.ts";
import { parseRows, type RowIssue } from "../../../core/dataset/rows.ts";
import { readZip } from "../../../core/dataset/zip.ts";
import { InvalidDatasetError } from "../../../core/errors.ts";
import { attribution, published } from "./published.ts";
import { spreadsheetToCsv } from "./spreadsheet.ts";

export interface UnpackOptions {
  zip: string;
  /** A spreadsheet next to the zip; without it the one in the zip. */
  spreadsheet?: string | undefined;
  /** Folder of the dataset. */
  out: string;
  onProgress?: (photographs: number) => void;
}

export interface Unpacked {
  rows: number;
  photographs: number;
  /** Rows that cannot be used and photographs that have no row, by reason. */
  problems: CountsByReason;
}

const image = /\.(jpe?g|png|webp|avif)$/i;
const table = /\.(xlsx|csv)$/i;
/** What macOS and spreadsheet programs leave behind. */
const hidden = /(^|\/)([.~]|__MACOSX\/)/;

/**
 * Lays the published zip out as a dataset: `data.csv`, `images/`, `ATTRIBUTION.md`, and `dataset.json` last, so that its
 * presence says that the rest is whole. Where in the zip the photographs are does not matter, only their names.
 * @throws InvalidDatasetError
 */
export async function unpackDataset({ zip, spreadsheet, out, onProgress }: UnpackOptions): Promise<Unpacked> {
  await mkdir(join(out, "images"), { recursive: true });
  await rm(join(out, "dataset.json"), { force: true });
  const problems: RowIssue[] = [];
  const tables = new Map<string, Uint8Array>();
  const names = new Set<string>();
  for await (const entry of readZip(createReadStream(zip, { highWaterMark: 1 << 20 }), maxFileBytes)) {
    const { path } = entry;
    const file = posix.basename(path);
    if (hidden.test(path) || !(image.test(path) || table.test(path))) continue;
    const name = file.replace(image, "");
    if ("rejected" in entry) {
      problems.push({ name, reason: `photograph-${entry.rejected}`, message: `${path} is ${entry.rejected}` });
    } else if (table.test(path)) {
      tables.set(path, entry.content);
    } else if (names.has(name)) {
      problems.push({ name, reason: "duplicate-photograph", message: `${path} is there already` });
    } else {
      await writeFile(join(out, "images", file), entry.content);
      onProgress?.(names.add(name).size);
    }
  }
  const csv = await findTable(tables, spreadsheet);
  const { rows, lines, problems: rowProblems } = parseRows(Buffer.from(csv));
  const wanted = new Set(rows.map(({ fileName }) => fileName));
  const missing = [...wanted].filter((name) => !names.has(name));
  const stray = [...names].filter((name) => !wanted.has(name));
  await writeFile(join(out, "data.csv"), csv);
  await writeFile(join(out, "ATTRIBUTION.md"), attributionFile());
  await writeFile(join(out, "dataset.json"), `${JSON.stringify({ ...published, attribution }, null, 2)}\n`);
  return {
    rows: lines,
    photographs: names.size,
    problems: {
      ...countByReason([...rowProblems, ...problems]),
      ...(missing.length > 0 && { "no-photograph": missing.length }),
      ...(stray.length > 0 && { "photograph-without-row": stray.length }),
    },
  };
}

/** The text of `data.csv`: of the spreadsheet next to the zip, else of the only one in it. */
async function findTable(tables: ReadonlyMap<string, Uint8Array>, spreadsheet: string | undefined): Promise<string> {
  const [path, ...others] = spreadsheet === undefined ? [...tables.keys()] : [spreadsheet];
  if (path === undefined)
    throw new InvalidDatasetError("There is no spreadsheet in the zip. Name it with --spreadsheet.");
  if (others.length > 0) {
    throw new InvalidDatasetError(
      `The zip has more than one table (${[path, ...others].join(", ")}). Unpack the right one and name it with --spreadsheet.`,
    );
  }
  const content = spreadsheet === undefined ? (tables.get(path) ?? Buffer.alloc(0)) : await readFile(spreadsheet);
  return /\.csv$/i.test(path) ? Buffer.from(content).toString("utf8") : spreadsheetToCsv(content);
}

function attributionFile(): string {
  return [
    "# Where these photographs come from",
    "",
    `${attribution}.`,
    "",
    "Changes made here: the spreadsheet was turned into `data.csv`; the photographs are as published.",
    "",
  ].join("\n");
}
