import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { z } from "zod";
import { type StorageGroup, storageGroups } from "../../core/contracts/dataset.ts";
import { predictLimits, predictRequest } from "../../core/contracts/predict.ts";
import { ProblemError } from "../shared/problem.ts";
import { readMultipart } from "./multipart.ts";

/** One photograph: as it was sent, or where it is. */
export type ImageSource = { name: string; bytes: Uint8Array } | { url: string } | { uploadKey: string };

/** What a caller asks about: photographs, and how the avocado on each is stored, in the same order. */
export interface PredictInput {
  images: ImageSource[];
  conditions: StorageGroup[];
}

/** Reads the body of `POST /predict` in any of its three forms. @throws ProblemError 400, 413 or 415 */
export async function readPredictRequest(event: APIGatewayProxyEventV2): Promise<PredictInput> {
  const type = event.headers["content-type"] ?? "";
  const body = bodyOf(event);
  switch (type.split(";", 1)[0]?.trim().toLowerCase()) {
    case "multipart/form-data": {
      const { files, urls, conditions } = await readMultipart(type, body);
      return checked([...files, ...urls.map((url) => ({ url }))], conditions);
    }
    case "application/x-www-form-urlencoded": {
      const form = new URLSearchParams(body.toString("utf8"));
      const images = form.getAll("image_urls").map((url) => ({ url }));
      return checked(images, form.getAll("storage_conditions"));
    }
    case "application/json":
      return fromJson(readJsonBody(body));
    default:
      throw new ProblemError(
        415,
        "UnsupportedMediaType",
        "Send the photographs as multipart/form-data, application/x-www-form-urlencoded or application/json.",
        { headers: { accept: "multipart/form-data, application/x-www-form-urlencoded, application/json" } },
      );
  }
}

/** The body's bytes, however the gateway wrapped them. */
export function bodyOf(event: APIGatewayProxyEventV2): Buffer {
  return Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
}

/** The body as a JSON value. @throws ProblemError 400 */
export function readJsonBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw invalid("InvalidJson", "The body is not valid JSON.", { cause });
  }
}

const anyImages = z.object({ images: z.array(z.unknown()).default([]) });

/** The same answers to what is missing as a form gets; whatever else is wrong is told by its place. */
function fromJson(value: unknown): PredictInput {
  const { images: given } = parseWith(anyImages, value);
  const withCondition = given.filter((image) => z.object({ storage_condition: z.string() }).safeParse(image).success);
  checkCounts(given.length, withCondition.length);
  for (const image of given) checkCondition((image as { storage_condition: string }).storage_condition);
  const { images } = parseWith(predictRequest, value);
  return {
    images: images.map((image) => {
      if ("url" in image) return { url: image.url };
      if ("upload_key" in image) return { uploadKey: image.upload_key };
      return { name: "", bytes: Buffer.from(image.base64, "base64") };
    }),
    conditions: images.map(({ storage_condition }) => storage_condition),
  };
}

/** Checks a JSON value from a caller. @throws ProblemError 400 saying what is wrong where */
export function parseWith<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  throw invalid("InvalidRequest", `The request is wrong. ${problems.join("; ")}.`);
}

function checked(images: ImageSource[], conditions: string[]): PredictInput {
  checkCounts(images.length, conditions.length);
  for (const image of images) {
    if ("url" in image && image.url.length > predictLimits.urlLength) {
      throw invalid("UrlTooLong", `An image URL has more than ${predictLimits.urlLength} characters.`);
    }
  }
  return { images, conditions: conditions.map(checkCondition) };
}

function checkCounts(images: number, conditions: number): void {
  if (images === 0) throw invalid("NoImages", "No images provided.");
  if (conditions === 0) throw invalid("NoStorageConditions", "No storage conditions provided.");
  if (images > predictLimits.images) throw tooManyImages();
  if (images !== conditions) {
    const counts = `There are ${images} images and ${conditions} storage conditions.`;
    throw invalid("CountMismatch", `Number of storage conditions and images do not match. ${counts}`);
  }
}

function checkCondition(value: string): StorageGroup {
  const known = storageGroups.find((group) => group === value);
  if (known) return known;
  const choices = storageGroups.join(", ");
  throw invalid(
    "UnknownStorageCondition",
    `Unknown storage condition '${value.slice(0, 40)}'. It is one of ${choices}.`,
  );
}

function tooManyImages(): ProblemError {
  return invalid("TooManyImages", `At most ${predictLimits.images} images can be asked about at once.`);
}

function invalid(code: string, detail: string, options?: ErrorOptions): ProblemError {
  return new ProblemError(400, code, detail, options);
}
