import { z } from "zod";

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

/** `GET /health`, 200. */
export const healthResponse = z.object({
  message: z.literal("Model is healthy"),
  model: servedModel,
  loadedAt: z.iso.datetime(),
});
export type HealthResponse = z.infer<typeof healthResponse>;

/** RFC 9457 `application/problem+json`. */
export interface Problem {
  title: string;
  status: number;
  detail: string;
  code: string;
}
