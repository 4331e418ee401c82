import type { IncomingMessage } from "node:http";
import { finished } from "node:stream/promises";
import { ProblemError } from "../../../api/problem.ts";

/** How long the rest of a body that was rejected is read. */
const lingerMilliseconds = 2_000;

/** The body of a request as it arrives, within a bound of bytes. */
export class IncomingBody {
  /** Whether it has more bytes than it may. */
  rejected = false;
  private ended = false;
  private bytes = 0;
  private readonly incoming: IncomingMessage;
  private readonly maxBytes: number;

  constructor(incoming: IncomingMessage, maxBytes: number) {
    this.incoming = incoming;
    this.maxBytes = maxBytes;
  }

  /** Thrown when the request says that it has more than it may: `ProblemError` 413 */
  checkLength(): void {
    if (Number(this.incoming.headers["content-length"]) > this.maxBytes) this.reject();
  }

  /**
   * What has not been read yet, and what is to be done when all has arrived. Thrown when it is too much: `ProblemError` 413;
   * when the client goes away: 400
   */
  async *chunks(atEnd = () => {}): AsyncGenerator<Buffer> {
    try {
      // An iterator that destroyed the request when it is left would take the answer with it.
      for await (const chunk of this.incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        this.bytes += chunk.length;
        if (this.bytes > this.maxBytes) this.reject();
        yield chunk;
      }
      this.ended = true;
      atEnd();
    } catch (cause) {
      if (cause instanceof ProblemError) throw cause;
      throw new ProblemError(400, "RequestAborted", "The request ended before its body did.", { cause });
    }
  }

  /** Reads and drops the rest, so that the connection can be used again. Thrown as by `chunks` */
  async drain(): Promise<void> {
    if (this.ended) return;
    for await (const _ of this.chunks());
  }

  /**
   * Reads and drops the rest of a rejected body for a while: a connection that is closed while its client still sends loses
   * the answer.
   */
  async linger(): Promise<void> {
    this.incoming.resume();
    await finished(this.incoming, { signal: AbortSignal.timeout(lingerMilliseconds) }).catch(() => undefined);
  }

  private reject(): never {
    this.rejected = true;
    throw new ProblemError(413, "RequestTooLarge", `A request has at most ${this.maxBytes} bytes.`);
  }
}
