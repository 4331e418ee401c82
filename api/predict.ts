import type { PredictResponse } from "../core/contracts/predict.ts";
import { ImageError, type ImageErrorReason } from "../core/image.ts";
import { predictDays } from "../core/model/onnx-model.ts";
import type { Decoder } from "./decoder.ts";
import { FetchError, type FetchImage } from "./fetch-error.ts";
import type { Memory } from "./memory.ts";
import type { ModelHolder } from "./model-holder.ts";
import { ProblemError } from "./problem.ts";
import type { ImageSource, PredictInput } from "./request.ts";
import type { RequestMetrics } from "./request-metrics.ts";
import type { Uploads } from "./uploads.ts";

/** What a prediction is made with. */
export interface Predictor {
  holder: ModelHolder;
  decoder: Decoder;
  fetchImage: FetchImage;
  uploads?: Uploads | undefined;
}

/** The request that a prediction answers. */
export interface Asked {
  id: string;
  memory: Memory;
  metrics: RequestMetrics;
}

/** For all photographs of a request, fetched and decoded; the gateway gives up after 30 s. */
const loadMilliseconds = 20_000;

/** Made once: an error with its stack costs as much as reading a form. */
const over = new DOMException("The request is answered", "AbortError");

const statusOf: Record<ImageErrorReason, number> = {
  unsupported: 415,
  unknown: 400,
  corrupt: 400,
  "too-slow": 400,
  "too-large": 413,
};

/** Fetches all photographs at once, decodes them on all cores and asks the model once. @throws ProblemError */
export async function predict(
  { images, conditions }: PredictInput,
  predictor: Predictor,
  asked: Asked,
): Promise<PredictResponse> {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(new DOMException("It takes too long", "TimeoutError")), loadMilliseconds);
  try {
    const decoding = Promise.all(images.map((image, index) => loadImage(image, index, predictor, asked, stop.signal)));
    const answering = predictor.holder.use(async ({ model, served }) => {
      const pixels = await decoding;
      const days = await asked.metrics.time("infer", () => predictDays(model, pixels, conditions));
      if (!days.every(Number.isFinite)) throw new Error(`Version ${served.version} predicts ${days} days`);
      const estimated = days.map((value) => Math.max(0, value));
      asked.metrics.recordPrediction(served.version, estimated);
      return { prediction: estimated.map((value) => ({ estimated_days: value })), model: served, id: asked.id };
    });
    // A photograph that cannot be read is told at once, also while the model is still loading.
    const [answer] = await Promise.all([answering, decoding]);
    return answer;
  } finally {
    clearTimeout(late);
    // The first failure is the answer; nothing else has to be fetched.
    stop.abort(over);
  }
}

async function loadImage(
  image: ImageSource,
  index: number,
  { decoder, fetchImage, uploads }: Predictor,
  { memory, metrics }: Asked,
  stop: AbortSignal,
): Promise<Uint8Array> {
  try {
    const bytes = "bytes" in image ? image.bytes : await metrics.time("fetch", () => fetchBytes(image));
    return await metrics.time("decode", () => decoder.decode(bytes, stop));
  } catch (error) {
    if (error instanceof FetchError) throw rejection(400, error.name, error);
    if (error instanceof ImageError) throw rejection(statusOf[error.reason], error.name, error);
    throw error;
  }

  async function fetchBytes(remote: { url: string } | { uploadKey: string }): Promise<Uint8Array> {
    const bytes = await ("url" in remote ? fetchImage(remote.url, stop) : readUpload(remote.uploadKey));
    memory.hold(bytes.length);
    return bytes;
  }

  function readUpload(uploadKey: string): Promise<Uint8Array> {
    if (!uploads) throw new ProblemError(400, "NoUploads", "This server takes no uploads. Send the photograph itself.");
    return uploads.read(uploadKey);
  }

  function rejection(status: number, code: string, cause: Error): ProblemError {
    return new ProblemError(status, code, `${describe(image, index)}: ${cause.message}.`, { cause });
  }
}

function describe(image: ImageSource, index: number): string {
  if ("url" in image) return `Error loading image from URL ${image.url}`;
  const name = "name" in image ? image.name : image.uploadKey;
  return `Invalid image file ${index + 1}${name && ` ('${name}')`}`;
}
