import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import { decodeImage, ImageError } from "../core/image.ts";

/** Phones deliver 12 to 50 megapixels; more would only serve to take the memory of a small instance. */
const bounds = { maxPixels: 50_000_000, seconds: 10 };

/**
 * Decodes photographs, no more at once than there are cores: a file of 1 kB can stand for 50 megapixels and take 1 GB while
 * it is decoded, and more at once would not be faster.
 */
export class Decoder {
  private readonly limit: ReturnType<typeof pLimit>;

  constructor(parallel = availableParallelism()) {
    this.limit = pLimit(parallel);
  }

  /**
   * The pixels of a photograph as a model takes them. Nothing can stop a decoder in the middle of some files: the answer
   * to `stop` does not wait for it, and what has not begun by then does not begin.
   * @throws ImageError, also on `stop`
   */
  async decode(bytes: Uint8Array, stop: AbortSignal): Promise<Uint8Array> {
    const stopped = Promise.withResolvers<never>();
    const giveUp = () => stopped.reject(new ImageError("too-slow", "decoding takes too long"));
    stop.addEventListener("abort", giveUp, { once: true });
    if (stop.aborted) giveUp();
    try {
      const decoding = this.limit(() => (stop.aborted ? stopped.promise : decodeImage(bytes, bounds)));
      return await Promise.race([decoding, stopped.promise]);
    } finally {
      stop.removeEventListener("abort", giveUp);
    }
  }
}
