import { ProblemError } from "./problem.ts";

/** More is asked for at once than this server takes. Part of normal operation: it is answered, not logged. */
export class BusyError extends ProblemError {
  constructor(detail: string) {
    super(503, "Busy", detail);
  }
}

/** Counts what one request holds in memory. */
export interface Memory {
  /** Counts more bytes. Thrown when all requests together hold too many: `BusyError` */
  hold(bytes: number): void;
  /** Counts fewer bytes. */
  release(bytes: number): void;
}

/** Where something else bounds what requests hold, as in Lambda: one small request at a time. */
export const unboundedMemory: Memory = { hold() {}, release() {} };

/** Bytes that a JavaScript buffer or piece of text takes besides its content: many small chunks are not free. */
export const chunkOverhead = 256;

/** Bounds what all requests of a process hold in memory together, so that a few senders cannot take all of it. */
export class MemoryBudget {
  private readonly limit: number;
  private total = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Bytes that all requests hold now. */
  get held(): number {
    return this.total;
  }

  /** Counts for one request. */
  open(): RequestMemory {
    return new RequestMemory((bytes) => {
      this.total += bytes;
      return this.total <= this.limit;
    });
  }
}

/** What one request holds of a `MemoryBudget`. */
export class RequestMemory implements Memory {
  /** Whether the request asked for more than there was. */
  rejected = false;
  private held = 0;
  private readonly change: (bytes: number) => boolean;

  constructor(change: (bytes: number) => boolean) {
    this.change = change;
  }

  hold(bytes: number): void {
    this.held += bytes;
    if (this.change(bytes)) return;
    this.rejected = true;
    throw new BusyError("Too many large requests at once.");
  }

  release(bytes: number): void {
    this.held -= bytes;
    this.change(-bytes);
  }

  /** Releases all that is still held. */
  end(): void {
    this.release(this.held);
  }
}
