import { createReadStream } from "node:fs";
import type { Sql } from "../../../../aws/data-api.ts";
import { InvalidInputError, NamedError } from "../../../../core/errors.ts";
import type { Archive, BucketNames, StoredTable } from "./archive.ts";
import { listTables } from "./read-tables.ts";
import { sortByReference } from "./sort-by-reference.ts";

/** Characters of rows in one call; the Data API takes 4 MiB of them with their notation. */
const batchLength = 400_000;

/**
 * Fills a copy of a registry's database with the exported tables, in place of what it has. Addresses of objects name the
 * new buckets.
 * @throws InvalidInputError, NamedError `ImportDiffers`, or what the database says
 */
export async function writeTables(
  sql: Sql,
  archive: Archive,
  tables: readonly StoredTable[],
  buckets: { from: BucketNames; to: BucketNames },
): Promise<void> {
  const known = await listTables(sql);
  const unknown = tables.find(({ name }) => !known.includes(name));
  if (unknown) throw new InvalidInputError(`MLflow of this stage has no table ${unknown.name}.`);
  await sql.run(`TRUNCATE ${known.map((name) => `"${name}"`).join(", ")}`);
  const rename = (line: string) =>
    Object.entries(buckets.from).reduce(
      (text, [purpose, name]) => text.replaceAll(`s3://${name}/`, `s3://${buckets.to[purpose as keyof BucketNames]}/`),
      line,
    );
  for (const { name, rows } of sortByReference(tables, await readReferences(sql))) {
    const insert = await prepareInsert(sql, name);
    for await (const batch of readBatches(archive.tablePath(name))) await insert(rename(batch));
    const [[found] = []] = await sql.run(`SELECT count(*)::text FROM "${name}"`);
    if (found !== String(rows))
      throw new NamedError("ImportDiffers", `Of table ${name} ${found} rows arrived, not ${rows}.`);
  }
  await setSequences(sql);
}

/** Which table refers to which: pairs of names. */
async function readReferences(sql: Sql): Promise<[string, string][]> {
  const rows = await sql.run(
    "SELECT a.relname::text, b.relname::text FROM pg_constraint AS c " +
      "JOIN pg_class AS a ON a.oid = c.conrelid JOIN pg_class AS b ON b.oid = c.confrelid WHERE c.contype = 'f'",
  );
  return rows.map(([from = "", to = ""]) => [from, to]);
}

/** A function that adds rows to a table, all columns but those that the database works out itself. */
async function prepareInsert(sql: Sql, table: string): Promise<(rows: string) => Promise<void>> {
  const found = await sql.run(
    "SELECT column_name::text FROM information_schema.columns " +
      "WHERE table_schema = 'public' AND table_name = :table AND is_generated = 'NEVER' ORDER BY ordinal_position",
    { table },
  );
  const columns = found.map(([name]) => `"${name}"`).join(", ");
  const statement =
    `INSERT INTO "${table}" (${columns}) ` +
    `SELECT ${columns} FROM json_populate_recordset(NULL::"${table}", :rows::json)`;
  return async (rows) => void (await sql.run(statement, { rows }));
}

/** Lines of a file as JSON arrays. */
async function* readBatches(path: string): AsyncGenerator<string> {
  let lines: string[] = [];
  let length = 0;
  for await (const line of readLines(path)) {
    if (lines.length > 0 && length + line.length > batchLength) {
      yield `[${lines.join(",")}]`;
      [lines, length] = [[], 0];
    }
    lines.push(line);
    length += line.length;
  }
  if (lines.length > 0) yield `[${lines.join(",")}]`;
}

/** Lines of a file. Node's own reader takes U+2028 for the end of a line, which JSON leaves as it is. */
async function* readLines(path: string): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of createReadStream(path, "utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** Numbers that are given out next come after those that were imported. */
async function setSequences(sql: Sql): Promise<void> {
  const owned = await sql.run(
    "SELECT c.relname::text, a.attname::text, pg_get_serial_sequence(quote_ident(c.relname), a.attname)::text " +
      "FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid " +
      "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped " +
      "AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL",
  );
  for (const [table, column, sequence = ""] of owned) {
    await sql.run(
      `SELECT setval(:sequence::regclass, greatest(max("${column}"), 1), coalesce(max("${column}"), 0) >= 1)::text FROM "${table}"`,
      { sequence },
    );
  }
}
