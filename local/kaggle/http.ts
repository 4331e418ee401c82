import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { z } from "zod";

/** What Kaggle answers when it rejects a call. */
export class ApiError extends Error {
  readonly code: number;
  readonly headers: Record<string, string>;

  constructor(code: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }
}

export interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  /** Address at which the caller sees this server. */
  origin: string;
  /** Who calls. */
  user: string;
}

/** Answers a call: the result is the JSON, or undefined when the answer has been given already. */
export type Method = (body: unknown, call: Call) => unknown;

/** A method that checks what it is sent. */
export function method<T>(schema: z.ZodType<T>, run: (body: T, call: Call) => unknown): Method {
  return (body, call) => {
    const parsed = schema.safeParse(body);
    if (!parsed.success) throw new ApiError(400, z.prettifyError(parsed.error));
    return run(parsed.data, call);
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** The body as JSON. @throws ApiError */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  try {
    return await json(request);
  } catch {
    throw new ApiError(400, "The body is not valid JSON");
  }
}

/** Part of a list and the token of the next part. */
export function pageOf<T>(list: readonly T[], size = 20, token = ""): { page: T[]; nextPageToken: string } {
  const from = token ? Number(Buffer.from(token, "base64url").toString()) : 0;
  if (!Number.isInteger(from) || from < 0) throw new ApiError(400, "Invalid page token");
  const to = from + Math.max(1, size);
  const nextPageToken = to < list.length ? Buffer.from(String(to)).toString("base64url") : "";
  return { page: list.slice(from, to), nextPageToken };
}
