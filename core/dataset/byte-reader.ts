/** Reads a stream of bytes in the pieces that a parser asks for; the source waits until it is asked. */
export class ByteReader {
  private readonly source: AsyncIterator<Uint8Array>;
  private buffer: Buffer = Buffer.alloc(0);
  private ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** What is buffered without taking it: at least `count` bytes, fewer only at the end. */
  async available(count: number): Promise<Buffer> {
    while (this.buffer.length < count && !this.ended) {
      const { value, done } = await this.source.next();
      if (done) this.ended = true;
      else this.unshift(this.buffer, value);
    }
    return this.buffer;
  }

  /** The next `count` bytes without taking them, or undefined when there are fewer. */
  async peek(count: number): Promise<Buffer | undefined> {
    const buffer = await this.available(count);
    return buffer.length < count ? undefined : buffer.subarray(0, count);
  }

  /** Takes exactly `count` bytes, or undefined when there are fewer. For headers: all of it is in memory. */
  async take(count: number): Promise<Buffer | undefined> {
    const bytes = await this.peek(count);
    if (bytes) this.buffer = this.buffer.subarray(count);
    return bytes;
  }

  /** Takes what comes next, from 1 to `limit` bytes, or undefined at the end. */
  async chunk(limit: number): Promise<Buffer | undefined> {
    const bytes = (await this.available(1)).subarray(0, limit);
    this.buffer = this.buffer.subarray(bytes.length);
    return bytes.length > 0 ? bytes : undefined;
  }

  /** Passes over `count` bytes; false when there are fewer. */
  async skip(count: number): Promise<boolean> {
    let left = count;
    while (left > 0) {
      const bytes = await this.chunk(left);
      if (!bytes) return false;
      left -= bytes.length;
    }
    return true;
  }

  /** Gives back bytes that were taken too many. */
  unread(bytes: Buffer): void {
    this.unshift(bytes, this.buffer);
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    await this.source.return?.();
  }

  private unshift(before: Buffer, after: Uint8Array): void {
    const next = Buffer.from(after.buffer, after.byteOffset, after.byteLength);
    this.buffer = before.length === 0 ? next : next.length === 0 ? before : Buffer.concat([before, next]);
  }
}
