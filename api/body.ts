import { ReadableStream } from "node:stream/web";
import { chunkOverhead, type Memory } from "./memory.ts";
import { ProblemError } from "./problem.ts";

/** A text that is read is held in one piece too, as the values in it, and as the photographs that these are decoded to. */
const copiesWhileRead = 3;

/**
 * A request for the API, of which an adapter knows the parts.
 * @param target path and query, from the slash on
 * @param body pieces of the body, made when they are asked for
 */
export function createRequest(
  method: string,
  target: string,
  headers: [name: string, value: string][],
  body: () => AsyncIterable<Uint8Array>,
): Request {
  // The standard allows neither a body with GET nor the method TRACE; the API has no route for the latter.
  const init: Record<string, unknown> = { method: method === "TRACE" ? "OPTIONS" : method, headers };
  if (method !== "GET" && method !== "HEAD") Object.assign(init, { body: ReadableStream.from(body()), duplex: "half" });
  const request = new Request(`http://localhost${target}`, init);
  return method === "TRACE" ? Object.defineProperty(request, "method", { value: method }) : request;
}

/** The body of a request, piece by piece as it arrives. */
export function chunksOf(request: Request): AsyncIterable<Uint8Array> {
  return request.body ?? new ReadableStream({ start: (controller) => controller.close() });
}

/**
 * Reads the body of a request as text, and what `read` makes of that, which is all that is kept.
 * Thrown when requests hold too much memory: `BusyError`
 */
export async function readText<T>(request: Request, memory: Memory, read: (text: string) => T): Promise<T> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let text = "";
  let held = 0;
  const hold = (bytes: number) => {
    held += bytes;
    memory.hold(bytes);
  };
  for await (const chunk of chunksOf(request)) {
    hold(chunk.length + chunkOverhead);
    text += decoder.decode(chunk, { stream: true });
  }
  text += decoder.decode();
  hold(copiesWhileRead * text.length);
  const value = read(text);
  memory.release(held);
  return value;
}

/** Reads the body of a request as JSON, and what `read` makes of that. Thrown when it is not JSON: `ProblemError` 400 */
export function readJson<T>(request: Request, memory: Memory, read: (value: unknown) => T): Promise<T> {
  return readText(request, memory, (text) => read(parseJson(text)));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProblemError(400, "InvalidJson", "The body is not valid JSON.", { cause });
  }
}
