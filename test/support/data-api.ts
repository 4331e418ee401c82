import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { z } from "zod";
import type { TestPostgres } from "./postgres.ts";

const request = z.object({
  sql: z.string(),
  database: z.string(),
  parameters: z.array(z.object({ name: z.string(), value: z.object({ stringValue: z.string() }) })).default([]),
});

/** In bytes. https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html */
const limits = { request: 4 << 20, answer: 1 << 20, row: 64 << 10 };
const sizeOf = (row: unknown[]) => Buffer.byteLength(JSON.stringify(row));

/**
 * The RDS Data API's ExecuteStatement over a real PostgreSQL. While `resuming` is above 0 it answers with the error
 * `error`. Whether the real one reads `:name` within a literal as a parameter is documented nowhere: this one does.
 */
export async function startDataApi(postgres: TestPostgres) {
  const state = { resuming: 0, asked: 0, error: "DatabaseResumingException" };
  const server = createServer(async (incoming, response) => {
    state.asked += 1;
    const fail = (type: string, message: string) =>
      response.writeHead(400, { "x-amzn-errortype": type }).end(JSON.stringify({ message }));
    const body = await text(incoming);
    if (Buffer.byteLength(body) > limits.request)
      return fail("BadRequestException", "The request is larger than 4 MiB");
    const { sql, database, parameters } = request.parse(JSON.parse(body));
    if (state.resuming-- > 0) return fail(state.error, "The Aurora DB instance is resuming.");
    const names = parameters.map(({ name }) => name);
    // `::` is a cast.
    const placeholder = /(?<!:):(\w+)/g;
    const missing = [...sql.matchAll(placeholder)].find(([, name = ""]) => !names.includes(name));
    if (missing) return fail("BadRequestException", `Cannot find parameter: ${missing[1]}`);
    const numbered = sql.replace(placeholder, (_, name: string) => `$${names.indexOf(name) + 1}`);
    try {
      const values = parameters.map(({ value }) => value.stringValue);
      const rows = await postgres.query(postgres.master, database, numbered, values);
      const records = rows.map((row) =>
        row.map((value) => (value === null ? { isNull: true } : { stringValue: String(value) })),
      );
      if (rows.some((row) => sizeOf(row) > limits.row))
        return fail("BadRequestException", "A row is larger than 64 KB");
      if (rows.reduce((sum, row) => sum + sizeOf(row), 0) > limits.answer)
        return fail("BadRequestException", "Database returned more than the allowed response size limit");
      return response.writeHead(200).end(JSON.stringify({ records, numberOfRecordsUpdated: 0 }));
    } catch (error) {
      return fail("DatabaseErrorException", String(error));
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new RDSDataClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    // Every attempt that the SDK makes of its own would hide one of ours.
    maxAttempts: 1,
  });
  return { client, endpoint, state, stop: () => new Promise((closed) => server.close(closed)) };
}
