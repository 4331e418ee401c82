import { createHash } from "node:crypto";

/** SHA-256 and length in bytes of what passes through. */
export class ContentHash {
  private readonly hash = createHash("sha256");
  private size = 0;

  /** Takes parts of the content and hands them on. */
  async *pass(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const part of parts) {
      this.hash.update(part);
      this.size += part.length;
      yield part;
    }
  }

  /** What has passed, once. */
  end(): { sha256: string; size: number } {
    return { sha256: this.hash.digest("hex"), size: this.size };
  }
}

/** SHA-256 of a stream's content. */
export async function hashStream(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const content = new ContentHash();
  for await (const _ of content.pass(stream));
  return content.end().sha256;
}
