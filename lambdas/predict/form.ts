import type { APIGatewayProxyEventV2 } from "aws-lambda";
import busboy from "busboy";
import { type StorageGroup, storageGroups } from "../../core/contracts/dataset.ts";
import { errorMessage } from "../../core/errors.ts";
import { ProblemError } from "../shared/problem.ts";

/** Photographs in one request at most. */
const maxImages = 16;
/** Bytes of one photograph at most; a whole request is bounded by the gateway, below this. */
const maxImageBytes = 10_000_000;

export interface ImageFile {
  name: string;
  bytes: Uint8Array;
}

/** What a caller asks about: photographs, and how the avocado on each is stored, in the same order. */
export interface PredictForm {
  images: ImageFile[];
  conditions: StorageGroup[];
}

/** Reads the multipart form of `POST /predict`. @throws ProblemError 400, 413 or 415 */
export async function readForm(event: APIGatewayProxyEventV2): Promise<PredictForm> {
  const type = event.headers["content-type"] ?? "";
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw new ProblemError(415, "UnsupportedMediaType", "Send the photographs as multipart/form-data.");
  }
  const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "latin1");
  const { images, conditions } = await parse(type, body);
  if (images.length === 0) throw invalid("NoImages", "No images provided.");
  if (conditions.length === 0) throw invalid("NoStorageConditions", "No storage conditions provided.");
  if (images.length !== conditions.length) {
    const counts = `There are ${images.length} images and ${conditions.length} storage conditions.`;
    throw invalid("CountMismatch", `Number of storage conditions and images do not match. ${counts}`);
  }
  return { images, conditions: conditions.map(checkCondition) };
}

function parse(type: string, body: Buffer): Promise<{ images: ImageFile[]; conditions: string[] }> {
  return new Promise((resolve, reject) => {
    const images: ImageFile[] = [];
    const conditions: string[] = [];
    const fail = (error: unknown) => reject(invalid("InvalidForm", `The form cannot be read: ${errorMessage(error)}.`));
    let parser: busboy.Busboy;
    try {
      const limits = {
        files: maxImages,
        fileSize: maxImageBytes,
        fields: maxImages,
        fieldSize: 100,
        parts: 4 * maxImages,
      };
      parser = busboy({ headers: { "content-type": type }, limits });
    } catch (error) {
      fail(error);
      return;
    }
    parser.on("file", (field, stream, { filename }) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", fail);
      stream.on("limit", () =>
        reject(new ProblemError(413, "ImageTooLarge", `An image has more than ${maxImageBytes} bytes.`)),
      );
      stream.on("end", () => {
        if (field === "image_files") images.push({ name: filename ?? "", bytes: Buffer.concat(chunks) });
      });
    });
    parser.on("field", (field, value) => {
      if (field === "storage_conditions") conditions.push(value);
    });
    const tooMany = () => reject(invalid("TooManyImages", `At most ${maxImages} images can be asked about at once.`));
    for (const limit of ["filesLimit", "fieldsLimit", "partsLimit"] as const) parser.on(limit, tooMany);
    parser.on("error", fail);
    parser.on("close", () => resolve({ images, conditions }));
    parser.end(body);
  });
}

function checkCondition(value: string): StorageGroup {
  const known = storageGroups.find((group) => group === value);
  if (known) return known;
  const choices = storageGroups.join(", ");
  throw invalid("UnknownStorageCondition", `Unknown storage condition '${value}'. It is one of ${choices}.`);
}

function invalid(code: string, detail: string): ProblemError {
  return new ProblemError(400, code, detail);
}
