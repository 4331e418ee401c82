import { stringify } from "csv-stringify/sync";
import readXlsxFile from "read-excel-file/node";
import { dataColumns } from "../../../core/dataset/rows.ts";
import { errorMessage, InvalidDatasetError } from "../../../core/errors.ts";

const timeColumn = "Time Stamp" satisfies (typeof dataColumns)[number];

/**
 * Turns the spreadsheet of a dataset into the text of `data.csv`: the sheet that has its columns, those columns alone.
 * @throws InvalidDatasetError when it is not a spreadsheet or no sheet has them
 */
export async function spreadsheetToCsv(xlsx: Uint8Array): Promise<string> {
  const sheets = await readXlsxFile(Buffer.from(xlsx)).catch((cause: unknown) => {
    throw new InvalidDatasetError(`The spreadsheet cannot be read: ${errorMessage(cause)}`, { cause });
  });
  for (const { data } of sheets) {
    const [header = [], ...rows] = data as unknown[][];
    const names = header.map((cell) => String(cell ?? "").trim());
    const places = dataColumns.map((column) => names.indexOf(column));
    if (places.includes(-1)) continue;
    const filled = rows.filter((row) => row.some((cell) => cell !== null));
    return stringify([
      [...dataColumns],
      ...filled.map((row) => places.map((place, i) => toText(row[place], dataColumns[i] === timeColumn))),
    ]);
  }
  const seen = sheets.map(({ sheet, data }) => `'${sheet}' has ${(data[0] ?? []).join(", ") || "nothing"}`);
  throw new InvalidDatasetError(
    `No sheet of the spreadsheet has the columns ${dataColumns.join(", ")}: ${seen.join("; ")}.`,
  );
}

function toText(cell: unknown, isTime: boolean): string {
  if (cell instanceof Date) return formatTime(cell.getTime());
  // Days since 1899-12-30, in a cell that is not formatted as a time.
  if (isTime && typeof cell === "number") return formatTime((cell - 25_569) * 86_400_000);
  return cell === null || cell === undefined ? "" : String(cell).trim();
}

/** As `2022-04-04 18:56:55`. Spreadsheets keep fractions of days, which are off by less than a millisecond. */
function formatTime(milliseconds: number): string {
  return new Date(Math.round(milliseconds / 1000) * 1000).toISOString().slice(0, 19).replace("T", " ");
}
