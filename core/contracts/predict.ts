import { z } from "zod";
import { storageGroups } from "./dataset.ts";

/** What one request may hold. */
export const predictLimits = {
  images: 16,
  /** Bytes of one photograph in a request or behind a URL; a whole request is bounded by the gateway, below this. */
  imageBytes: 10_000_000,
  /** Bytes of one photograph that is uploaded first. */
  uploadBytes: 25_000_000,
  urlLength: 2048,
  /** Seconds in which an upload must have begun. */
  uploadSeconds: 900,
};

/** Content types of the photographs that can be read. */
export const imageTypes = ["image/jpeg", "image/png", "image/webp", "image/avif"] as const;

const storageCondition = z.enum(storageGroups);
const url = z.string().min(1).max(predictLimits.urlLength);
const list = <T extends z.ZodType>(item: T) => z.array(item).max(predictLimits.images);

/** `POST /predict` as `multipart/form-data`. One condition for each photograph: those of the files first. */
export const predictForm = z.object({
  image_files: list(z.file()).optional(),
  image_urls: list(url).optional(),
  storage_conditions: list(storageCondition).min(1),
});

/** `POST /predict` as `application/x-www-form-urlencoded`. */
export const predictUrlForm = z.object({
  image_urls: list(url).min(1),
  storage_conditions: list(storageCondition).min(1),
});

/** `POST /predict` as JSON: each photograph in one of three ways. */
export const predictRequest = z.strictObject({
  images: list(
    z.union([
      z.strictObject({ url, storage_condition: storageCondition }),
      z.strictObject({ base64: z.base64().min(1), storage_condition: storageCondition }),
      z.strictObject({ upload_key: z.string().min(1).max(200), storage_condition: storageCondition }),
    ]),
  ).min(1),
});

/** Which model gave an answer. */
export const servedModel = z.object({
  name: z.string(),
  version: z.string(),
  alias: z.string(),
  runId: z.string().optional(),
  sha256: z.string(),
});
export type ServedModel = z.infer<typeof servedModel>;

/** `POST /predict`, 200. */
export const predictResponse = z.object({
  /** In the order of the photographs: files first, then URLs. `estimated_days` is never below 0. */
  prediction: z.array(z.object({ estimated_days: z.number().min(0) })),
  model: servedModel,
  id: z.string(),
});
export type PredictResponse = z.infer<typeof predictResponse>;

/** `POST /uploads`: what will be uploaded. */
export const uploadRequest = z.strictObject({ content_type: z.enum(imageTypes) });

/** `POST /uploads`, 200: a form to send to S3, file last, and the key to name in `POST /predict`. */
export const uploadResponse = z.object({
  upload_key: z.string(),
  url: z.string(),
  fields: z.record(z.string(), z.string()),
  max_bytes: z.int(),
  expires_at: z.iso.datetime(),
});
export type UploadResponse = z.infer<typeof uploadResponse>;

/** `GET /health`, 200. */
export const healthResponse = z.object({
  message: z.literal("Model is healthy"),
  model: servedModel,
  loadedAt: z.iso.datetime(),
  /** Where the model was read from. */
  source: z.string(),
  /** Which code answers. */
  revision: z.string(),
});
export type HealthResponse = z.infer<typeof healthResponse>;

/** `POST /reload-model`, 200. */
export const reloadResponse = z.object({ model: servedModel });
export type ReloadResponse = z.infer<typeof reloadResponse>;

/** `GET /`, 200. */
export const welcomeResponse = z.object({ message: z.string(), links: z.record(z.string(), z.string()) });
export type WelcomeResponse = z.infer<typeof welcomeResponse>;

/** RFC 9457 `application/problem+json`. */
export const problem = z.object({
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  /** What programs act on; `detail` is for people. */
  code: z.string(),
  /** The request, as the log names it. */
  id: z.string(),
});
export type Problem = z.infer<typeof problem>;
