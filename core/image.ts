import sharp from "sharp";
import { imageBytes, imageSize } from "./contracts/dataset.ts";
import { errorMessage, NamedError } from "./errors.ts";

/** Largest photograph taken, in pixels: the cameras of phones end at 200 megapixels but deliver 12 to 50. */
export const maxPixels = 100_000_000;

// Every photograph is another one, so libvips' cache of operations only holds memory; and many photographs at once on one
// thread each are faster than one on many.
sharp.cache(false);
sharp.concurrency(1);

type Format = "jpeg" | "png" | "webp" | "heif";
/** `unsupported` is a known format that is not read; `unknown` is not an image at all, as far as its beginning tells. */
export type ImageErrorReason = "unsupported" | "unknown" | "corrupt" | "too-large" | "too-slow";

export interface DecodeOptions {
  /** Bounds what is decoded; a header that says more is rejected before. */
  maxPixels?: number;
  /** Bounds the time of decoding. */
  seconds?: number;
}

/** A photograph that cannot be used, with a reason that is counted and a message for people. */
export class ImageError extends NamedError {
  readonly reason: ImageErrorReason;

  constructor(reason: ImageErrorReason, message: string, options?: ErrorOptions) {
    super("InvalidImage", message, options);
    this.reason = reason;
  }
}

/**
 * The one way from a photograph to what a model sees: turned upright (EXIF), on white where transparent, in sRGB, cut to
 * the centre square and resized. Reads JPEG, PNG, WebP and AVIF of any colour space and depth.
 * @returns raw uint8 RGB, row by row, [224, 224, 3]; the same bytes give the same pixels
 * @throws ImageError
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Uint8Array> {
  const format = sniffFormat(bytes);
  if (!format) {
    throw new ImageError(
      isOtherFormat(bytes) ? "unsupported" : "unknown",
      "not a photograph in JPEG, PNG, WebP or AVIF format",
    );
  }
  const limitInputPixels = options.maxPixels ?? maxPixels;
  try {
    // failOn 'warning' is the strictest: a photograph with a damaged middle is rejected, not guessed at.
    const pixels = await sharp(bytes, { limitInputPixels, failOn: "warning", autoOrient: true })
      .timeout({ seconds: options.seconds ?? 0 })
      .resize(imageSize, imageSize, { fit: "cover", position: "centre", kernel: "lanczos3" })
      .flatten({ background: "white" })
      .raw({ depth: "uchar" })
      .toBuffer();
    if (pixels.length !== imageBytes) throw new Error(`decoded to ${pixels.length} bytes instead of ${imageBytes}`);
    return pixels;
  } catch (error) {
    throw await explain(bytes, format, error, limitInputPixels);
  }
}

/** The format by content: names and content types lie, and libvips would also read SVG, GIF and TIFF. */
function sniffFormat(bytes: Uint8Array): Format | undefined {
  const head = beginning(bytes, 12);
  if (head.startsWith("\xff\xd8\xff")) return "jpeg";
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (/^RIFF....WEBP/s.test(head)) return "webp";
  return /^....ftyp(avif|avis|mif1|msf1|heic|heix|hevc|heim|heis)/s.test(head) ? "heif" : undefined;
}

/** How GIF, TIFF, PDF, JPEG XL, JPEG 2000, Photoshop files and icons begin: images, but none that is read. */
const otherFormats = [
  "GIF8",
  "II*\0",
  "MM\0*",
  "%PDF-",
  "\xff\x0a",
  "8BPS",
  "\0\0\x01\0",
  "\0\0\0\x0cJXL ",
  "\0\0\0\x0cjP  ",
];

function isOtherFormat(bytes: Uint8Array): boolean {
  const head = beginning(bytes, 512);
  const bitmap = head.startsWith("BM") && head.slice(6, 10) === "\0\0\0\0";
  const svg = /^(\xef\xbb\xbf)?\s*<(svg|\?xml|!--|!DOCTYPE svg)/i.test(head);
  return bitmap || svg || head.slice(4, 8) === "ftyp" || otherFormats.some((start) => head.startsWith(start));
}

function beginning(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, length)).toString("latin1");
}

async function explain(bytes: Uint8Array, format: Format, cause: unknown, pixels: number): Promise<ImageError> {
  const message = errorMessage(cause).replace(/\s+/g, " ").trim();
  if (/pixel limit|too large/i.test(message)) {
    return new ImageError("too-large", `more than ${pixels / 1e6} megapixels`, { cause });
  }
  if (/timeout/i.test(message)) return new ImageError("too-slow", "decoding takes too long", { cause });
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  if (format === "heif" && header?.compression !== "av1") {
    return new ImageError("unsupported", "HEIC cannot be read; convert the photograph to JPEG", { cause });
  }
  return new ImageError("corrupt", `the ${format.toUpperCase()} file is damaged: ${message}`, { cause });
}
