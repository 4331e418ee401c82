import busboy from "busboy";
import { predictLimits } from "../../core/contracts/predict.ts";
import { errorMessage } from "../../core/errors.ts";
import { ProblemError } from "../shared/problem.ts";

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

/** Reads a multipart form within its bounds. @throws ProblemError 400 or 413 */
export function readMultipart(contentType: string, body: Buffer): Promise<MultipartForm> {
  return new Promise((resolve, reject) => {
    const form: MultipartForm = { files: [], urls: [], conditions: [] };
    const failWith = (status: number, code: string, detail: string) => reject(new ProblemError(status, code, detail));
    const fail = (error: unknown) => failWith(400, "InvalidForm", `The form cannot be read: ${errorMessage(error)}.`);
    let parser: busboy.Busboy;
    try {
      parser = busboy({ headers: { "content-type": contentType }, limits });
    } catch (error) {
      fail(error);
      return;
    }
    parser.on("file", (field, stream, { filename }) => {
      stream.on("error", fail);
      if (field !== "image_files") {
        stream.resume();
        return;
      }
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("limit", () => failWith(413, "ImageTooLarge", `An image has more than ${imageBytes} bytes.`));
      stream.on("end", () => {
        const bytes = Buffer.concat(chunks);
        // A browser sends an empty part without a name where no file was chosen.
        if (filename || bytes.length > 0) form.files.push({ name: filename ?? "", bytes });
      });
    });
    parser.on("field", (field, value, { valueTruncated }) => {
      if (valueTruncated) failWith(400, "FieldTooLong", `A field has more than ${urlLength} characters.`);
      if (field === "image_urls") form.urls.push(value);
      if (field === "storage_conditions") form.conditions.push(value);
    });
    const tooMany = () => failWith(400, "TooManyImages", `At most ${maxImages} images can be asked about at once.`);
    for (const limit of ["filesLimit", "fieldsLimit", "partsLimit"] as const) parser.on(limit, tooMany);
    parser.on("error", fail);
    parser.on("close", () => resolve(form));
    parser.end(body);
  });
}
