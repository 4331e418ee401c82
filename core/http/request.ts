import { errorMessage, TransientError } from "../errors.ts";
import { parseJson } from "../json.ts";

/** The part of `fetch` that clients use. One that signs its requests can take its place. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface RequestOptions extends RequestInit {
  /** Milliseconds until the whole response must have arrived. */
  timeout: number;
  /** Default: the global `fetch`. */
  fetch?: Fetch | undefined;
}

/** No complete response arrived. The message is the reason, such as `connect ECONNREFUSED 127.0.0.1:5000`. */
export class ConnectionError extends TransientError {
  constructor(cause: unknown) {
    super(describeCause(cause), { cause });
  }
}

/** Sends a request. Any status is a response. @throws ConnectionError when no response arrives in time */
export async function send(
  url: string,
  { timeout, fetch = globalThis.fetch, ...init }: RequestOptions,
): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(timeout) });
  } catch (cause) {
    throw new ConnectionError(cause);
  }
}

/** Reads the body. @throws ConnectionError when the connection ends before it is complete */
export async function readText(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw new ConnectionError(cause);
  }
}

/**
 * Sends a request that is answered with JSON.
 * @throws TransientError when no complete response arrives; Error with status and body when the status is not 2xx, or the
 *   body is not valid JSON
 */
export async function fetchJson(url: string, options: RequestOptions): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    response = await send(url, options);
    text = await readText(response);
  } catch (cause) {
    throw new TransientError(`${url} does not answer: ${errorMessage(cause)}`, { cause });
  }
  if (!response.ok) {
    const reason = text.slice(0, 500) || response.statusText;
    throw new Error(`${url} answers ${response.status}: ${reason}`);
  }
  const json = parseJson(text);
  if (json !== undefined) return json;
  throw new Error(`${url} answers with something that is not JSON: '${text.slice(0, 60).replace(/\s+/g, " ")}...'`);
}

/** Milliseconds that a response asks to wait (`Retry-After`, a number of seconds or a date), or undefined. */
export function readRetryAfter({ headers }: Response): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

/** The error at the end of a chain of causes: `fetch failed` says nothing, its cause does. */
export function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? rootCause(error.cause) : error;
}

/** The message of the error at the end of a chain of causes, or its code where it has no message. */
export function describeCause(error: unknown): string {
  const cause = rootCause(error);
  return errorMessage(cause) || String((cause as NodeJS.ErrnoException).code);
}
