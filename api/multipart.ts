import { once } from "node:events";
import busboy, { type Busboy } from "busboy";
import { predictLimits } from "../core/contracts/predict.ts";
import { errorMessage } from "../core/errors.ts";
import { chunksOf } from "./body.ts";
import { chunkOverhead, type Memory } from "./memory.ts";
import { ProblemError } from "./problem.ts";

/** A form's photographs, addresses of photographs and storage conditions, each in the order they came. */
export interface MultipartForm {
  files: { name: string; bytes: Uint8Array }[];
  urls: string[];
  conditions: string[];
}

const { images: maxImages, imageBytes, urlLength } = predictLimits;

/** Room for one field too many: the reader says better than a parser what there is too much of. */
const limits: busboy.Limits = {
  files: maxImages,
  fileSize: imageBytes,
  fields: 2 * maxImages + 2,
  fieldSize: urlLength,
  fieldNameSize: 100,
  parts: 4 * maxImages,
  headerPairs: 20,
};

/** Reads a multipart form within its bounds, as it arrives. Thrown when it is wrong or too large: `ProblemError` 400, 413 */
export async function readMultipart(request: Request, memory: Memory): Promise<MultipartForm> {
  const form: MultipartForm = { files: [], urls: [], conditions: [] };
  let rejection: unknown;
  try {
    const parser = busboy({ headers: { "content-type": request.headers.get("content-type") ?? "" }, limits });
    collect(parser, form, memory, (error) => {
      rejection ??= error;
      // Not at once: the parser is in the middle of a piece.
      process.nextTick(() => parser.destroy(rejection as Error));
    });
    const closed = new Promise((resolve, reject) => parser.on("close", resolve).on("error", reject));
    closed.catch(() => undefined);
    for await (const chunk of chunksOf(request)) {
      const goOn = parser.write(chunk);
      if (rejection !== undefined || parser.destroyed) break;
      if (!goOn) await once(parser, "drain");
    }
    parser.end();
    await closed;
  } catch (error) {
    rejection ??= error;
  }
  if (rejection === undefined) return form;
  if (rejection instanceof ProblemError) throw rejection;
  throw new ProblemError(400, "InvalidForm", `The form cannot be read: ${errorMessage(rejection)}.`);
}

/** Puts into the form what is read, and rejects it at what is too much. */
function collect(parser: Busboy, form: MultipartForm, memory: Memory, reject: (error: unknown) => void): void {
  const tooMuch = (status: number, code: string, detail: string) => reject(new ProblemError(status, code, detail));
  parser.on("file", (field, stream, { filename }) => {
    // What fails is the parser's to tell.
    stream.on("error", () => undefined);
    if (field !== "image_files") {
      stream.resume();
      return;
    }
    const file = new CollectedFile(memory);
    stream.on("data", (chunk: Buffer) => attempt(() => file.add(chunk)));
    stream.on("limit", () => tooMuch(413, "ImageTooLarge", `An image has more than ${imageBytes} bytes.`));
    stream.on("end", () =>
      attempt(() => {
        const bytes = file.join();
        // A browser sends an empty part without a name where no file was chosen.
        if (filename || bytes.length > 0) form.files.push({ name: filename ?? "", bytes });
      }),
    );
  });
  parser.on("field", (field, value, { valueTruncated }) => {
    if (valueTruncated) tooMuch(400, "FieldTooLong", `A field has more than ${urlLength} characters.`);
    if (field === "image_urls") form.urls.push(value);
    if (field === "storage_conditions") form.conditions.push(value);
  });
  const tooMany = () => tooMuch(400, "TooManyImages", `At most ${maxImages} images can be asked about at once.`);
  for (const limit of ["filesLimit", "fieldsLimit", "partsLimit"] as const) parser.on(limit, tooMany);

  function attempt(run: () => void): void {
    try {
      run();
    } catch (error) {
      reject(error);
    }
  }
}

/** The pieces of a file, and what they take in memory. */
class CollectedFile {
  private readonly memory: Memory;
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  constructor(memory: Memory) {
    this.memory = memory;
  }

  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    this.memory.hold(chunk.length + chunkOverhead);
  }

  /** The whole file; its pieces are held too until it is made. */
  join(): Buffer {
    this.memory.hold(this.bytes);
    const joined = Buffer.concat(this.chunks);
    this.memory.release(this.bytes + this.chunks.length * chunkOverhead);
    return joined;
  }
}
