import { parse } from "csv-parse/sync";
import { type StorageGroup, storageGroups } from "../contracts/dataset.ts";
import { errorMessage, InvalidDatasetError } from "../errors.ts";

/** A row of `data.csv`: one photograph of one side of one fruit on one day. */
export interface DataRow {
  line: number;
  fileName: string;
  /** Milliseconds since 1970; the file names no time zone, and only differences count. */
  time: number;
  storageGroup: StorageGroup;
  sample: string;
  day: number;
  stage: number;
}

/** A row or a photograph that was rejected: where, why (counted by this), and the same for people. */
export interface RowIssue {
  /** Line of `data.csv`, for a row. */
  line?: number;
  /** File name, where there is one. */
  name?: string;
  reason: string;
  message: string;
}

/** The columns of `data.csv`. */
export const dataColumns = [
  "File Name",
  "Time Stamp",
  "Storage Group",
  "Sample",
  "Day of Experiment",
  "Ripening Index Classification",
] as const;
type Column = (typeof dataColumns)[number];

/**
 * Reads `data.csv`. A bad row is rejected, not the file: each is reported once, with everything that is wrong with it, and
 * counted under the first of these reasons.
 * @throws InvalidDatasetError when the file is no such table at all
 */
export function parseRows(content: Uint8Array): { rows: DataRow[]; problems: RowIssue[]; lines: number } {
  const records = readRecords(content);
  const rows: DataRow[] = [];
  const problems: RowIssue[] = [];
  const lineOfName = new Map<string, number>();
  const firstOfSample = new Map<string, DataRow>();
  for (const { cells, line } of records) {
    const { row, wrong } = checkCells(cells, line);
    const twin = lineOfName.get(row.fileName);
    if (twin !== undefined)
      wrong.push(["duplicate-file-name", `File Name '${row.fileName}' is on line ${twin} already`]);
    const sibling = firstOfSample.get(row.sample);
    if (sibling && wrong.length === 0 && sibling.storageGroup !== row.storageGroup) {
      const other = `line ${sibling.line} has it in '${sibling.storageGroup}'`;
      wrong.push(["fruit-in-two-groups", `Sample '${row.sample}' is in '${row.storageGroup}', but ${other}`]);
    }
    const reason = wrong[0]?.[0];
    if (reason) {
      const message = wrong.map(([, text]) => text).join("; ");
      problems.push({ line, ...(row.fileName && { name: row.fileName }), reason, message });
    } else {
      rows.push(row);
      lineOfName.set(row.fileName, line);
      if (!sibling) firstOfSample.set(row.sample, row);
    }
  }
  if (rows.length < records.length / 2 || rows.length === 0) rejectTable(records.length, problems);
  return { rows, problems, lines: records.length };
}

function rejectTable(lines: number, problems: readonly RowIssue[]): never {
  if (lines === 0) throw new InvalidDatasetError("data.csv has no rows");
  const examples = problems.slice(0, 3).map(({ line, message }) => `line ${line}: ${message}`);
  throw new InvalidDatasetError(
    `data.csv: ${problems.length} of ${lines} rows cannot be used, so more is wrong than single rows. The first are ${examples.join("; ")}.`,
  );
}

interface Cells {
  /** The value in a column, '' where the row is too short. */
  get: (column: Column) => string;
  /** Values beyond the last column. */
  surplus: number;
}

function readRecords(content: Uint8Array): { cells: Cells; line: number }[] {
  const [header, ...body] = parseTable(content);
  if (!header) throw new InvalidDatasetError("data.csv is empty");
  checkHeader(header.record);
  const place = new Map(dataColumns.map((column) => [column, header.record.indexOf(column)]));
  return body.map(({ record, info }) => ({
    cells: {
      get: (column) => record[place.get(column) ?? -1] ?? "",
      surplus: record.length - header.record.length,
    },
    line: info.lines,
  }));
}

function parseTable(content: Uint8Array): { record: string[]; info: { lines: number } }[] {
  const options = {
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    trim: true,
  } as const;
  try {
    return parse(Buffer.from(content), options) as unknown as ReturnType<typeof parseTable>;
  } catch (error) {
    throw new InvalidDatasetError(`data.csv cannot be read: ${errorMessage(error)}`, { cause: error });
  }
}

function checkHeader(names: readonly string[]): void {
  const missing = dataColumns.filter((column) => !names.includes(column));
  if (missing.length === 0) return;
  const [only = ""] = names;
  const separator = names.length === 1 && [";", "\t", "|"].find((candidate) => only.includes(candidate));
  if (separator) {
    const shown = separator === "\t" ? "tabs" : `'${separator}'`;
    throw new InvalidDatasetError(`data.csv is separated by ${shown}. Save it with commas between the columns.`);
  }
  const list = missing.map((column) => `'${column}'`).join(", ");
  throw new InvalidDatasetError(
    `data.csv lacks ${missing.length === 1 ? "the column" : "the columns"} ${list}. Its first line must name ${dataColumns.join(", ")}; it has: ${names.join(", ")}.`,
  );
}

type Wrong = [reason: string, message: string][];

function checkCells(cells: Cells, line: number): { row: DataRow; wrong: Wrong } {
  const wrong: Wrong = [];
  const check = (ok: boolean, reason: string, message: string) => {
    if (!ok) wrong.push([reason, message]);
  };
  const cell = cells.get;
  const absent = dataColumns.filter((column) => cell(column) === "");
  check(absent.length === 0, "missing-value", `no value for ${absent.join(", ")}`);
  check(cells.surplus <= 0, "too-many-values", `${cells.surplus} more values than columns`);

  const fileName = cell("File Name").replace(/\.(jpe?g|png|webp|avif)$/i, "");
  check(!/[/\\]|^\.+$/.test(fileName), "bad-file-name", `File Name '${fileName}' must be a name without a folder`);
  const given = (column: Column) => cell(column) !== "";
  const time = parseTime(cell("Time Stamp"));
  if (given("Time Stamp")) {
    const message = `Time Stamp '${cell("Time Stamp")}' is not a time like 2022-04-04 18:56:55`;
    check(!Number.isNaN(time), "bad-time-stamp", message);
  }
  const storageGroup = cell("Storage Group") as StorageGroup;
  if (given("Storage Group")) {
    const message = `Storage Group '${storageGroup}' is none of ${storageGroups.join(", ")}`;
    check(storageGroups.includes(storageGroup), "unknown-storage-group", message);
  }
  const day = wholeNumber(cell("Day of Experiment"));
  if (given("Day of Experiment")) {
    check(day >= 0, "bad-day", `Day of Experiment '${cell("Day of Experiment")}' is not a whole number from 0`);
  }
  const stage = wholeNumber(cell("Ripening Index Classification"));
  if (given("Ripening Index Classification")) {
    const message = `Ripening Index Classification '${cell("Ripening Index Classification")}' is not a stage from 1 to 5`;
    check(stage >= 1 && stage <= 5, "bad-stage", message);
  }
  return { row: { line, fileName, time, storageGroup, sample: cell("Sample"), day, stage }, wrong };
}

/** Spreadsheets save whole numbers as `3` or `3.0`. */
function wholeNumber(text: string): number {
  return /^\d{1,9}(\.0+)?$/.test(text) ? Number(text) : Number.NaN;
}

function parseTime(text: string): number {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)Z?$/.exec(text);
  if (!match) return Number.NaN;
  const time = Date.parse(`${match[1]}T${match[2]}Z`);
  // Date.parse takes 30 February for 2 March.
  return new Date(time || 0).toISOString().startsWith(match[1] ?? "") ? time : Number.NaN;
}
