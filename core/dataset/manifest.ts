import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { z } from "zod";
import { type ManifestRow, splits, storageGroups } from "../contracts/dataset.ts";
import { InvalidDatasetError } from "../errors.ts";

const columns = [
  "File Name",
  ...storageGroups,
  "Shelf-life Days",
  "Censored Days",
  "Sample",
  "Stage",
  "Split",
  "Shard",
  "Index",
] as const;

const optionalDays = z.union([z.literal("").transform(() => undefined), z.coerce.number().min(0)]);
const flag = z.enum(["0", "1"]);
const record = z.object({
  "File Name": z.string().min(1),
  T10: flag,
  T20: flag,
  Tam: flag,
  "Shelf-life Days": optionalDays,
  "Censored Days": optionalDays,
  Sample: z.string().min(1),
  Stage: z.coerce.number().int().min(1).max(5),
  Split: z.enum(splits),
  Shard: z.string().min(1),
  Index: z.coerce.number().int().min(0),
});

/** Writes `manifest.csv`: one photograph a line, the storage group one-hot, no value where a label is not known. */
export function formatManifest(rows: readonly ManifestRow[]): string {
  const lines = rows.map((row) => [
    row.fileName,
    ...storageGroups.map((group) => (row.storageGroup === group ? 1 : 0)),
    row.shelfLifeDays,
    row.censoredDays,
    row.sample,
    row.stage,
    row.split,
    row.shard,
    row.index,
  ]);
  return stringify([columns, ...lines]);
}

/** Reads `manifest.csv`. @throws InvalidDatasetError naming the first line that is wrong */
export function parseManifest(text: string): ManifestRow[] {
  const lines: unknown[] = parse(text, { columns: true, bom: true, relax_column_count: true });
  return lines.map((line, at) => {
    const parsed = record.safeParse(line);
    const groups = storageGroups.filter((group) => parsed.data?.[group] === "1");
    const storageGroup = groups[0];
    if (!parsed.success || !storageGroup || groups.length > 1) {
      const problem = parsed.error ? z.prettifyError(parsed.error) : "exactly one storage group must be 1";
      throw new InvalidDatasetError(`manifest.csv, line ${at + 2}: ${problem}`);
    }
    const row = parsed.data;
    return {
      fileName: row["File Name"],
      storageGroup,
      ...(row["Shelf-life Days"] !== undefined && { shelfLifeDays: row["Shelf-life Days"] }),
      ...(row["Censored Days"] !== undefined && { censoredDays: row["Censored Days"] }),
      sample: row.Sample,
      stage: row.Stage,
      split: row.Split,
      shard: row.Shard,
      index: row.Index,
    };
  });
}
