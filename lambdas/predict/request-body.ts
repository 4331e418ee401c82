import type { IncomingMessage } from "node:http";
import { finished } from "node:stream/promises";
import { ProblemError } from "../shared/problem.ts";

/** How long the rest of a body that was rejected is read. */
const lingerMilliseconds = 2_000;

/** Reads bodies within bounds: of each, and of all that are held at once, so that no few senders take all the memory. */
export class BodyReader {
  private readonly maxBody: number;
  private readonly maxHeld: number;
  private held = 0;

  constructor(maxBody: number, maxHeld: number) {
    this.maxBody = maxBody;
    this.maxHeld = maxHeld;
  }

  /** Holds the whole body for as long as `run` takes. @throws ProblemError 413, 503 */
  async during<T>(request: IncomingMessage, run: (body: Buffer) => Promise<T>): Promise<T> {
    const tooLarge = new ProblemError(413, "RequestTooLarge", `A request has at most ${this.maxBody} bytes.`);
    if (Number(request.headers["content-length"]) > this.maxBody) throw tooLarge;
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      // An iterator that destroyed the request when it is left would take the answer with it.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        this.held += chunk.length;
        if (bytes > this.maxBody) throw tooLarge;
        if (this.held > this.maxHeld) throw new ProblemError(503, "Busy", "Too many large requests at once.");
        chunks.push(chunk);
      }
      return await run(Buffer.concat(chunks));
    } finally {
      this.held -= bytes;
    }
  }
}

/**
 * Reads and forgets what is still coming of a request that was recordPrediction already, for a while: a connection that is closed
 * under its sender loses the answer.
 */
export async function drain(request: IncomingMessage): Promise<void> {
  request.resume();
  await finished(request, { signal: AbortSignal.timeout(lingerMilliseconds) }).catch(() => undefined);
}
