import type { PredictResponse } from "../../core/contracts/predict.ts";
import { decodeImage, ImageError } from "../../core/image.ts";
import { predictDays } from "../../core/model/onnx-model.ts";
import { ProblemError } from "../shared/problem.ts";
import type { ImageFile, PredictForm } from "./form.ts";
import type { ModelHolder } from "./model-holder.ts";

/** Decodes all photographs at once and asks the model once. @throws ProblemError 400 or 503 */
export async function predict(form: PredictForm, holder: ModelHolder, id: string): Promise<PredictResponse> {
  const [{ model, served }, images] = await Promise.all([
    holder.current(),
    Promise.all(form.images.map((file, index) => decode(file, index))),
  ]);
  const days = await predictDays(model, images, form.conditions);
  if (!days.every(Number.isFinite)) throw new Error(`Version ${served.version} predicts ${days} days`);
  return { prediction: days.map((value) => ({ estimated_days: Math.max(0, value) })), model: served, id };
}

async function decode({ name, bytes }: ImageFile, index: number): Promise<Uint8Array> {
  try {
    return await decodeImage(bytes);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    const which = `${index + 1}${name && ` ('${name}')`}`;
    throw new ProblemError(400, "InvalidImage", `Invalid image file ${which}: ${error.message}.`, { cause: error });
  }
}
