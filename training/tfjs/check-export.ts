import { InvalidModelError } from "../../core/errors.ts";
import { type OnnxModel, predictDays } from "../../core/model/onnx-model.ts";
import { disposeBatch, type LabelledRow, type PhotographCache, readBatches } from "./data.ts";
import { type Tensorflow, tf } from "./tensorflow.ts";

/** Days by which the exported graph may differ from the network it was made of. */
const maxExportDifferenceDays = 1e-4;

/** What the exported graph can answer, in days: no fruit has less than none left, and none keeps for months. */
export const daysRange = [0, 100] as const;

/** Photographs that the two are compared on. */
const compared = 32;

/**
 * Compares the exported graph with the network on photographs of the dataset.
 * @returns the largest difference in days
 * @throws InvalidModelError when it is more than 1e-4. A network gone wild, with raw answers far beyond the range, may
 * differ by as much more as its answers are larger: floats have seven digits
 */
export async function checkExport(
  model: Tensorflow.LayersModel,
  exported: OnnxModel,
  cache: PhotographCache,
  rows: readonly LabelledRow[],
): Promise<number> {
  const every = Math.ceil(rows.length / compared);
  const chosen = rows.filter((_, i) => i % every === 0);
  const raw: number[] = [];
  for await (const batch of readBatches(cache, chosen, { batchSize: 16 })) {
    const days = tf.tidy(() => model.predict([batch.image, batch.condition]) as Tensorflow.Tensor);
    raw.push(...days.dataSync());
    days.dispose();
    disposeBatch(batch);
  }
  const images = await Promise.all(chosen.map((row) => cache.read(row)));
  const groups = chosen.map(({ storageGroup }) => storageGroup);
  const found = await predictDays(exported, images, groups);
  const [least, most] = daysRange;
  const clip = (days: number) => Math.min(most, Math.max(least, days));
  const difference = Math.max(...raw.map((days, i) => Math.abs(clip(days) - (found[i] as number))));
  const allowed = maxExportDifferenceDays * Math.max(1, ...raw.map((days) => Math.abs(days) / most));
  // Not `>`: a difference that is not a number must not pass.
  if (difference <= allowed) return difference;
  throw new InvalidModelError(
    `The exported graph differs from the network by ${difference} days on photographs of the dataset, ` +
      `more than ${allowed}`,
  );
}
