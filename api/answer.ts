import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** What a route answers, before it is compressed and named. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Below this an answer fits into one packet anyway. */
const minBytes = 1_400;

const compress = promisify(gzip);

/** A JSON answer, 200. */
export function jsonAnswer(value: unknown): Answer {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

/**
 * An answer with what every response has: the request's id, no guessing of types, and gzip where that helps and the caller
 * accepts it (`accept-encoding`).
 */
export async function toResponse(answer: Answer, id: string, acceptEncoding = ""): Promise<Response> {
  const { status, body } = answer;
  const headers: Record<string, string> = {
    ...answer.headers,
    "x-request-id": id,
    "x-content-type-options": "nosniff",
  };
  if (Buffer.byteLength(body) < minBytes) return new Response(body, { status, headers });
  headers.vary = "accept-encoding";
  if (!/\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(acceptEncoding)) return new Response(body, { status, headers });
  headers["content-encoding"] = "gzip";
  return new Response(await compress(body), { status, headers });
}
