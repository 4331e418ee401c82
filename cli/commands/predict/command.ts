import { readFile } from "node:fs/promises";
import type { StorageGroup } from "../../../core/contracts/dataset.ts";
import { errorMessage, InvalidInputError } from "../../../core/errors.ts";
import { decodeImage } from "../../../core/image.ts";
import { readModelFolder } from "../../../core/model/folder.ts";
import { loadOnnxModel, predictDays } from "../../../core/model/onnx-model.ts";
import { bootstrapModel } from "../../../scripts/setup/paths.ts";
import type { Progress } from "../../terminal/progress.ts";

export interface PredictOptions {
  storage: StorageGroup;
  /** Folder of the model (default: the one that ships with the project). */
  model?: string | undefined;
  /** Print JSON. */
  json?: true | undefined;
}

/** Prints the days left of the fruit on each photo. @throws InvalidInputError naming a file that is not a photo */
export async function predict(photos: string[], options: PredictOptions, progress: Progress): Promise<void> {
  const model = await loadOnnxModel((await readModelFolder(options.model ?? bootstrapModel)).onnx);
  const images = await Promise.all(photos.map(readPhotograph));
  const days = await predictDays(model, images, Array<StorageGroup>(images.length).fill(options.storage));
  const answers = photos.map((photo, i) => ({ photo, days: Math.max(0, days[i] as number) }));
  if (options.json) return progress.line(JSON.stringify(answers, null, 2));
  for (const { photo, days } of answers) progress.line(`${days.toFixed(2)} days  ${photo}`);
}

async function readPhotograph(path: string): Promise<Uint8Array> {
  try {
    return await decodeImage(await readFile(path));
  } catch (cause) {
    throw new InvalidInputError(`${path} cannot be read as a photograph: ${errorMessage(cause)}`, { cause });
  }
}
