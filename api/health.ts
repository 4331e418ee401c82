import sharp from "sharp";
import type { HealthResponse } from "../core/contracts/predict.ts";
import { decodeImage } from "../core/image.ts";
import { predictDays } from "../core/model/onnx-model.ts";
import type { ModelHolder } from "./model-holder.ts";
import { ProblemError } from "./problem.ts";

/** Decodes a photograph and predicts, as a request would. @throws ProblemError 503 when that does not work */
export async function checkHealth(holder: ModelHolder, revision: string): Promise<HealthResponse> {
  return holder.use(async ({ model, served, loadedAt, source }) => {
    try {
      const green = { create: { width: 64, height: 64, channels: 3 as const, background: "darkgreen" } };
      const days = await predictDays(model, [await decodeImage(await sharp(green).jpeg().toBuffer())], ["T20"]);
      if (!days.every(Number.isFinite)) throw new Error(`the model predicts ${days} days`);
    } catch (cause) {
      throw new ProblemError(503, "Unhealthy", "The model does not answer at the moment.", { cause });
    }
    return { message: "Model is healthy", model: served, loadedAt: loadedAt.toISOString(), source, revision };
  });
}
