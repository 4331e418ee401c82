import { z } from "zod";
import { type StorageGroup, storageGroups } from "../core/contracts/dataset.ts";
import { predictLimits, predictRequest } from "../core/contracts/predict.ts";
import { readJson, readText } from "./body.ts";
import type { Memory } from "./memory.ts";
import { readMultipart } from "./multipart.ts";
import { ProblemError } from "./problem.ts";

/** One photograph: as it was sent, or where it is. */
export type ImageSource = { name: string; bytes: Uint8Array } | { url: string } | { uploadKey: string };

/** What a caller asks about: photographs, and how the avocado on each is stored, in the same order. */
export interface PredictInput {
  images: ImageSource[];
  conditions: StorageGroup[];
}

/** Reads the body of `POST /predict` in any of its three forms. @throws ProblemError 400, 413, 415 or 503 */
export async function readPredictRequest(request: Request, memory: Memory): Promise<PredictInput> {
  const type = request.headers.get("content-type") ?? "";
  switch (type.split(";", 1)[0]?.trim().toLowerCase()) {
    case "multipart/form-data": {
      const { files, urls, conditions } = await readMultipart(request, memory);
      return checked([...files, ...urls.map((url) => ({ url }))], conditions);
    }
    case "application/x-www-form-urlencoded": {
      const form = await readText(request, memory, (text) => new URLSearchParams(text));
      const images = form.getAll("image_urls").map((url) => ({ url }));
      return checked(images, form.getAll("storage_conditions"));
    }
    case "application/json":
      return holding(await readJson(request, memory, fromJson), memory);
    default:
      throw new ProblemError(
        415,
        "UnsupportedMediaType",
        "Send the photographs as multipart/form-data, application/x-www-form-urlencoded or application/json.",
        { headers: { accept: "multipart/form-data, application/x-www-form-urlencoded, application/json" } },
      );
  }
}

/** Counts the photographs that came in a request. */
function holding(input: PredictInput, memory: Memory): PredictInput {
  for (const image of input.images) if ("bytes" in image) memory.hold(image.bytes.length);
  return input;
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

function invalid(code: string, detail: string): ProblemError {
  return new ProblemError(400, code, detail);
}
