import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Sql } from "../../../../aws/data-api.ts";
import { InvalidInputError } from "../../../../core/errors.ts";
import type { Archive, StoredTable } from "./archive.ts";
import { hashStream } from "./hash.ts";

/** The table in which Alembic keeps the version of all others. */
const revisionTable = "alembic_version";

/**
 * A page of rows as text. The Data API ends a call that returns more than 1 MiB or a row of more than 64 KB, so that rows are cut
 * into pieces of 15,000 characters, and a page has pieces of 400,000 bytes (without the notation around them).
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html
 */
const pageOf = (table: string) => `
  SELECT at::text, n::text, piece
  FROM (SELECT at, n, piece, sum(octet_length(piece)) OVER (ORDER BY at, n) AS bytes
        FROM (SELECT at, n, substr(line, n * 15000 + 1, 15000) AS piece
              FROM (SELECT at, row_to_json(whole)::text AS line
                    FROM (SELECT t.ctid AS at, t AS whole FROM "${table}" AS t
                          WHERE t.ctid >= :at::tid ORDER BY t.ctid LIMIT 1000) AS page) AS lines,
                   generate_series(0, (length(line) - 1) / 15000) AS n
              WHERE (at, n) > (:at::tid, :n::int)) AS pieces) AS sized
  WHERE bytes <= 400000 ORDER BY sized.at, sized.n`;

/** A call of the Data API takes 4 MiB, and a row is written in one call. */
const maxRowBytes = 4_000_000;

/** Revision of a registry's tables; nothing where MLflow has not made them yet. */
export async function readRevision(sql: Sql): Promise<string | undefined> {
  const [[table] = []] = await sql.run(`SELECT to_regclass('${revisionTable}')::text`);
  if (!table) return undefined;
  const [[revision] = []] = await sql.run(`SELECT version_num::text FROM ${revisionTable}`);
  return revision;
}

/** Names of the tables with MLflow's records. */
export async function listTables(sql: Sql): Promise<string[]> {
  const rows = await sql.run("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
  return rows.flatMap(([name]) => (name && name !== revisionTable ? [name] : []));
}

/** Writes all tables into the archive. Nothing else may write into them meanwhile. */
export async function readTables(sql: Sql, archive: Archive): Promise<StoredTable[]> {
  const tables: StoredTable[] = [];
  for (const name of await listTables(sql)) {
    const path = archive.tablePath(name);
    let rows = 0;
    const lines = async function* () {
      for await (const row of readRows(sql, name)) {
        rows += 1;
        yield `${row}\n`;
      }
    };
    await pipeline(Readable.from(lines()), createWriteStream(path));
    tables.push({ name, rows, sha256: await hashStream(createReadStream(path)) });
  }
  return tables;
}

/** Rows of a table as JSON, one after the other, in the order in which they lie on its pages. */
async function* readRows(sql: Sql, table: string): AsyncGenerator<string> {
  let last = { at: "(0,0)", n: "0" };
  let row = "";
  for (;;) {
    const pieces = await sql.run(pageOf(table), last);
    for (const [at = "", n = "", piece = ""] of pieces) {
      if (n === "0" && row) yield checkSize(table, row);
      row = n === "0" ? piece : row + piece;
      last = { at, n };
    }
    if (pieces.length === 0) break;
  }
  if (row) yield checkSize(table, row);
}

function checkSize(table: string, row: string): string {
  if (Buffer.byteLength(JSON.stringify(row)) <= maxRowBytes) return row;
  const start = row.slice(0, 200);
  throw new InvalidInputError(
    `A row of table ${table} is larger than what the Data API takes in a call. Delete it in MLflow: ${start}...`,
  );
}
